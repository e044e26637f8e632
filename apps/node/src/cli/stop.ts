import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, processIdentity } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";
import { homeAt, readJson } from "../home/home.ts";
import { homeHolder } from "../home/home-holder.ts";
import type { RunFile } from "../home/run-file.ts";
import { counted, formatDuration } from "./format.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";

const LOOK_MILLISECONDS = 100;
/** A stop in order takes five; a database that writes its last may take longer on a slow disk. */
const LONGEST_SECONDS = 60;

/** End the network of a home in order, and wait until it has ended. Where none runs there is nothing to do. */
export async function stop(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const home = homeAt(options.home);
  const holder = homeHolder(home.directory);
  if (holder === undefined) {
    output.result({ home: home.directory, stopped: false });
    output.say(`Nothing is running in ${home.directory}.`);
    return;
  }
  const { pid, runs } = holder;
  const identity = processIdentity(pid);
  if (identity !== undefined && runs === "other") {
    throw new CairnError(`the home ${home.directory} is in use by process ${pid}, which is no network`, {
      code: "home-in-use",
      kind: "conflict",
      next: "Wait until it has ended (a backup, say), or end it yourself.",
      details: { pid },
    });
  }
  const children = (await readJson<RunFile>(home.runFile))?.children.length ?? 0;
  const began = performance.now();
  send(pid);
  while (identity !== undefined && isRunning(identity)) {
    if (performance.now() - began > LONGEST_SECONDS * 1000) {
      throw new CairnError(`process ${pid} has not ended within ${LONGEST_SECONDS} s`, {
        code: "not-stopped",
        kind: "unavailable",
        next: `See ${home.logs}, or end it by force: kill -9 ${pid} (its processes end with it).`,
        details: { pid },
      });
    }
    await sleep(LOOK_MILLISECONDS);
  }
  const seconds = (performance.now() - began) / 1000;
  output.result({ home: home.directory, stopped: true, pid, seconds });
  output.say(
    `Stopped the network in ${home.directory}: process ${pid} and ${counted(children, "process", "processes")} of its own, in ${formatDuration(seconds)}.`,
  );
}

function send(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return;
    throw new CairnError(`process ${pid} cannot be ended: ${code}`, {
      code: "not-allowed",
      kind: "auth",
      cause: error,
      next: "Run as the user who started the network.",
    });
  }
}
