import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";

/**
 * Run a program in this process's stead: signals go through, the exit code comes back, and the child learns from its
 * closed `CAIRN_PARENT_PIPE` descriptor when this process was killed.
 */
export function replaceProcess(node, args) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, CAIRN_PARENT_PIPE: "3", PATH: dirname(node) + delimiter + (process.env.PATH ?? "") },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl-C reaches every process of the terminal by itself; sent on, it would count as a second one.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
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
