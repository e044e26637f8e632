import type { Service } from "../services.ts";
import { allEnded } from "./all-ended.ts";

/** Runs loops beside requests; each ends when the gateway's `stopping` aborts. */
export interface BackgroundTasks {
  run(task: Promise<void>): void;
}

/**
 * A place for loops, which is stopped when each has ended. It starts before whatever the loops wait for, above all the ledger: a round that waits
 * for a block ends when the ledger is stopped, so that must come first.
 */
export function backgroundTasks(): Service<BackgroundTasks> {
  const tasks: Promise<void>[] = [];
  return {
    name: "background tasks",
    start: () => ({ run: (task) => void tasks.push(task) }),
    async stop() {
      await allEnded(tasks);
    },
  };
}
