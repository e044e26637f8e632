import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOM = fileURLToPath(new URL("../../../console", import.meta.url));
/** It takes one or two; a build that hangs must not keep the gateway from starting. */
const LONGEST_MILLISECONDS = 120_000;

/** Where the console lies that belongs to this code, built first where its sources have changed; undefined, and said, where it cannot be. */
export async function findConsole(say: (line: string) => void, room = ROOM): Promise<string | undefined> {
  const build = join(room, "build", "build-console.ts");
  // As a package has it (bin/tasks/pack.ts).
  const packed = join(room, "dist");
  if (!existsSync(build)) return existsSync(join(packed, "console.json")) ? packed : undefined;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", build], {
      timeout: LONGEST_MILLISECONDS,
      killSignal: "SIGKILL",
    });
    return stdout.trim().split("\n").at(-1);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const why = /^\w*Error.*$/m.exec(stderr)?.[0] ?? (error as Error).message.split("\n")[0];
    say(`the console could not be built (${why}): / shows the status page instead`);
    return undefined;
  }
}
