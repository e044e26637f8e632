// One at a time: two first starts side by side must not install into each other.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** From the instant a turn is taken until its holder has written its name. */
const NAMING_MILLISECONDS = 5_000;
const LOOK_MILLISECONDS = 250;

/** A process's id with its start time where the system tells it, as ids are used again. */
function nameOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${pid} ${status.slice(status.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return String(pid);
  }
}

function isAlive(name) {
  const pid = Number(name.split(" ")[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  return nameOf(pid) === name;
}

/** Add a process to those that hold a turn: it is held as long as one of them lives. */
export function nameHolder(turn, pid) {
  appendFileSync(join(turn, "holder"), `${nameOf(pid)}\n`);
}

/** Names of the processes that hold a turn, or undefined when none has written its name yet. */
function holdersOf(turn) {
  try {
    return readFileSync(join(turn, "holder"), "utf8").split("\n").filter(Boolean);
  } catch {
    return undefined;
  }
}

function isLeftover(turn) {
  const names = holdersOf(turn);
  if (names !== undefined && names.length > 0) return !names.some(isAlive);
  const found = statSync(turn, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > NAMING_MILLISECONDS;
}

/** Take a leftover away by renaming it, which only one of several can do; a turn that is alive after all is put back. */
function clearLeftover(turn) {
  const aside = `${turn}.${process.pid}`;
  try {
    renameSync(turn, aside);
    if (holdersOf(aside)?.some(isAlive)) renameSync(aside, turn);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/**
 * Take the directory `turn`, waiting while others hold it. Returns whether it was taken: not when `isDone` says that another has done
 * the work meanwhile. `onWait` is told once which processes are waited for.
 */
export async function takeTurn(turn, isDone, onWait) {
  let told = false;
  for (;;) {
    try {
      mkdirSync(turn);
      nameHolder(turn, process.pid);
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isDone()) return false;
    if (isLeftover(turn)) clearLeftover(turn);
    else {
      if (!told) onWait((holdersOf(turn) ?? []).map((name) => name.split(" ")[0]));
      told = true;
      await sleep(LOOK_MILLISECONDS);
    }
  }
}

export function leaveTurn(turn) {
  rmSync(turn, { recursive: true, force: true });
}
