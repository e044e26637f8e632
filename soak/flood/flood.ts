import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Choices } from "../kill-loop/random.ts";
import { type Entrance, MISBEHAVIOUR_NAMES, type MisbehaviourName, misbehave, type Tally } from "./misbehaviour.ts";

export interface FloodOptions {
  /** Base URLs by entrance, on loopback alone. */
  targets: Partial<Record<Entrance, string>>;
  /** Clients at a time, over all targets and kinds. */
  clients: number;
  seed: number;
  /** Which kinds; all of them unless told. */
  kinds?: readonly MisbehaviourName[];
}

/** What each kind of client met with. */
export type FloodReport = Partial<Record<MisbehaviourName, Tally>>;

export interface RunningFlood {
  /** End it; resolves with what it met. */
  stop(): Promise<FloodReport>;
}

/** Stalled, slow and silly clients in this process until the signal. @throws Error for a target that is not on loopback */
export async function flood(options: FloodOptions, signal: AbortSignal): Promise<FloodReport> {
  const targets = Object.entries(options.targets).map(
    ([entrance, url]) => [entrance as Entrance, loopback(url)] as const,
  );
  const choices = new Choices(options.seed);
  const report: FloodReport = {};
  const kinds = options.kinds ?? MISBEHAVIOUR_NAMES;
  await Promise.all(
    Array.from({ length: options.clients }, (_, i) => {
      const kind = kinds[i % kinds.length]!;
      const [entrance, url] = targets[Math.floor(i / kinds.length) % targets.length]!;
      const tally = report[kind] ?? { connections: 0, refused: 0, cutOff: 0, sentBytes: 0, answers: {} };
      report[kind] = tally;
      const own = new Choices(choices.integer(0, 2 ** 31));
      return misbehave(kind, { entrance, url, choices: own, tally, signal });
    }),
  );
  return report;
}

function loopback(text: string): URL {
  const url = new URL(text);
  if (["127.0.0.1", "[::1]", "localhost"].includes(url.hostname)) return url;
  throw new Error(`${text} is not on loopback: nothing else is flooded`);
}

/** The same in a process of its own, which ends with this one. */
export function startFlood(options: FloodOptions): RunningFlood {
  const child = fork(fileURLToPath(new URL("flood-main.ts", import.meta.url)), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let report: FloodReport | undefined;
  child.on("message", (message) => {
    report = message as FloodReport;
  });
  child.send(options);
  return {
    async stop() {
      if (child.connected) child.send("stop");
      await ended;
      if (report === undefined) throw new Error(`the flood ended with ${child.exitCode ?? child.signalCode}`);
      return report;
    },
  };
}

/** One line a kind, for people. */
export function describeFlood(report: FloodReport): string {
  return Object.entries(report)
    .map(([kind, { connections, refused, cutOff, sentBytes, answers }]) => {
      const statuses = Object.entries(answers)
        .map(([status, count]) => `${status} × ${count}`)
        .join(", ");
      const mebibytes = (sentBytes / 2 ** 20).toFixed(1);
      return `${kind.padEnd(18)} ${connections} connections, ${refused} refused, ${cutOff} cut off, ${mebibytes} MiB sent; ${statuses || "no answers"}`;
    })
    .join("\n");
}
