import { readFileSync } from "node:fs";
import { isRunning, type ProcessIdentity, processIdentity } from "@cairn/process";

const LOOK_MILLISECONDS = 500;
/** npm, the shell that it starts, the Node that the user has, this process. */
const GENERATIONS = 4;
const NPM = /\b(npm|npx)(-cli|-start)?(\.js)?\b/;

/**
 * End this process in order when the npm that runs it is gone, or the shell between: npm passes signals on to its shell, which passes
 * nothing on, and `kill -9` passes nothing to anybody. Does nothing where npm did not start it.
 */
export function endWithNpm(): void {
  if (process.env.npm_config_user_agent === undefined) return;
  const between = ancestorsUpToNpm();
  if (between.length === 0) return;
  const timer = setInterval(() => {
    if (between.every(isRunning)) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_MILLISECONDS);
  timer.unref();
}

/** The processes above this one, up to and including the first npm; none when there is no npm among the nearest. */
function ancestorsUpToNpm(): ProcessIdentity[] {
  const between: ProcessIdentity[] = [];
  let pid = process.ppid;
  for (let i = 0; i < GENERATIONS; i += 1) {
    const identity = processIdentity(pid);
    if (identity === undefined || pid <= 1) return [];
    between.push(identity);
    try {
      // npm calls itself `npm start`; until it does so its second word is npm-cli.js.
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split(/[\0 ]/).slice(0, 2);
      if (words.some((word) => NPM.test(word.split("/").at(-1) ?? ""))) return between;
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      pid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      return []; // No /proc, or the process ended meanwhile.
    }
  }
  return [];
}
