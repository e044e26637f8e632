import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** Set for the programs that this one starts. */
export const SURVIVES = "CAIRN_NOHUP";
const SIGHUP_BIT = 1n;

/** Session of a process: field 6 of its stat, behind the name, which may hold anything (proc(5)). */
function sessionOf(process) {
  const stat = readFileSync(`/proc/${process}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
}

/**
 * Whether SIGHUP was ignored for this program, as `nohup` has it. Node itself forgets, as it sets every signal back to its default before the
 * first line runs: shells leave nohup's name in `_` for what they start by it, and a script under nohup is a parent of the same session that
 * ignores the signal.
 */
function survivesHangUp() {
  if (process.env[SURVIVES] === "1" || basename(process.env._ ?? "") === "nohup") return true;
  try {
    if (sessionOf(process.ppid) !== sessionOf("self")) return false;
    const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${process.ppid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${ignored}`) & SIGHUP_BIT) !== 0n;
  } catch {
    return false;
  }
}

const survives = survivesHangUp();
if (survives) process.on("SIGHUP", () => undefined);

/** What ends this program. */
export const END_SIGNALS = survives ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** For the environment of what this program starts. */
export const hangUpWord = survives ? { [SURVIVES]: "1" } : {};
