import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { END_SIGNALS, hangUpWord } from "./hang-up.mjs";

/** Whether what is typed at the terminal as a signal reaches this process's children by itself: they are its foreground group. */
function inForeground() {
  try {
    // Group, session, terminal and the terminal's foreground group are fields 5 to 8 (proc(5)).
    const status = readFileSync("/proc/self/stat", "utf8");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
  } catch {
    return process.stdin.isTTY === true;
  }
}

/**
 * Run a program in this process's stead: signals go through, the exit code comes back, and the child learns from its
 * closed `CAIRN_PARENT_PIPE` descriptor when this process was killed.
 *
 * @param {string} node path of the Node to run
 * @param {string[]} args
 * @param {Record<string, string>} env added to this process's environment
 */
export function replaceProcess(node, args, env = {}) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: {
      ...process.env,
      ...env,
      ...hangUpWord,
      CAIRN_PARENT_PIPE: `3:${process.pid}`,
      PATH: dirname(node) + delimiter + (process.env.PATH ?? ""),
    },
  });
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      // Ctrl-C reaches every process of the terminal by itself; sent on, it would count as a second one.
      if (signal !== "SIGINT" || !inForeground()) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      // A grandchild may still hold the other end.
      child.stdio[3].destroy();
      process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1);
      resolve();
    });
  });
}
