import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { PARENT_PIPE, parentPipe } from "@cairn/process";
import { PROVIDER_MAIN } from "@cairn/provider/program";

export interface StartedProvider {
  name: string;
  /** kill -9 and wait until it has ended. */
  kill(): Promise<void>;
  /** Stop in order. */
  stop(): Promise<void>;
}

/** Start a provider of a home again, as its operator would after an outage: `cairn up` never does. Resolves at once. */
export function startLocalProvider(home: string, name: string): StartedProvider {
  const config = join(home, "providers", name.replace("provider-", ""), "provider.json");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROVIDER_MAIN, config], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, [PARENT_PIPE]: parentPipe(3) },
  });
  const log = createWriteStream(join(home, "logs", `${name}.log`), { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => child.once("close", () => log.end(resolve)));
  return {
    name,
    kill: () => end(child, "SIGKILL", ended),
    stop: () => end(child, "SIGTERM", ended),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await ended;
}
