// First of the process group in which npm runs: `npm-group.mjs TURN NPM ARGS…`. npm does not notice when the start that wants it is
// killed, so this does: standard input is a pipe whose end means that the start is gone.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { nameHolder } from "./install-turn.mjs";

const GRACE_MILLISECONDS = 3_000;
const [turn, npm, ...args] = process.argv.slice(2);
const windows = process.platform === "win32";

// The group's signals are for npm; this process ends when npm has.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

function endGroup(signal) {
  if (windows) child.kill(signal);
  else process.kill(-process.pid, signal);
}

nameHolder(turn, process.pid);
const child = spawn(npm, args, { stdio: ["ignore", "inherit", "inherit"], shell: windows });
child.once("error", (error) => process.exit(error.code === "ENOENT" ? 127 : 126));
child.once("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
if (child.pid !== undefined) nameHolder(turn, child.pid);

process.stdin.once("end", () => {
  endGroup("SIGTERM");
  setTimeout(() => endGroup("SIGKILL"), GRACE_MILLISECONDS);
});
process.stdin.on("error", () => undefined);
process.stdin.resume();
