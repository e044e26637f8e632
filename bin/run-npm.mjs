import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { END_SIGNALS } from "./hang-up.mjs";

const GROUP = fileURLToPath(new URL("npm-group.mjs", import.meta.url));
/** How long npm may take to clean up after a signal. */
const GRACE_MILLISECONDS = 5_000;
const REPORT_MILLISECONDS = 10_000;

/** Where npm's spinner may stand. */
export const CLEAR_LINE = process.stderr.isTTY ? "\r\x1b[K" : "";

/** A signal asked for the end of this process while npm ran; npm and all that it started have ended. */
export class Stopped extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const fits = (allowed, here) =>
  allowed === undefined || allowed.includes(here) || (allowed[0]?.startsWith("!") && !allowed.includes(`!${here}`));

/** Folders of the packages that the lock file names for this machine. */
function lockedFolders(root) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages ?? {})
    .filter(([path, { link, os, cpu, libc }]) => {
      if (!path.includes("node_modules/") || link) return false;
      return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, "glibc");
    })
    .map(([path]) => path);
}

/** Say now and then how far npm is: on a terminal it shows only that it works, elsewhere nothing. */
function reportProgress(root) {
  const folders = lockedFolders(root);
  const timer = setInterval(() => {
    const there = folders.filter((path) => existsSync(join(root, path, "package.json"))).length;
    process.stderr.write(`${CLEAR_LINE}cairn: ${there} of ${folders.length} packages are in place\n`);
  }, REPORT_MILLISECONDS);
  return () => clearInterval(timer);
}

/**
 * Run npm in `root` in a process group of its own, which ends with this process whatever ends it; `turn` names its processes.
 * Returns npm's exit code, 127 when there is no npm. Throws `Stopped` when a signal came.
 */
export async function runNpm(root, turn, args) {
  const windows = process.platform === "win32";
  const group = spawn(process.execPath, [GROUP, turn, windows ? "npm.cmd" : "npm", ...args], {
    cwd: root,
    stdio: ["pipe", 2, 2],
    detached: !windows,
  });
  group.stdin.on("error", () => undefined);
  const kill = (signal) => {
    try {
      process.kill(windows ? group.pid : -group.pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };
  let stopped;
  let force;
  const onSignal = (signal) => {
    if (stopped !== undefined) return kill("SIGKILL");
    stopped = signal;
    kill(signal);
    force = setTimeout(() => kill("SIGKILL"), GRACE_MILLISECONDS);
  };
  for (const signal of END_SIGNALS) process.on(signal, onSignal);
  const endReport = reportProgress(root);
  try {
    const code = await new Promise((resolve, reject) => {
      group.once("error", reject);
      group.once("exit", (status, signal) => resolve(status ?? 128 + constants.signals[signal]));
    });
    // Whatever npm started and left behind.
    kill("SIGKILL");
    if (stopped !== undefined) throw new Stopped(stopped);
    return code;
  } finally {
    endReport();
    clearTimeout(force);
    for (const signal of END_SIGNALS) process.off(signal, onSignal);
  }
}
