// Plain JavaScript for any Node from 18 on: installs what is missing, then names the pinned Node to run under.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, "package-lock.json");
const stamp = join(root, "node_modules", ".cairn-installed");
const turn = join(root, ".cairn-installing");
/** From the instant a turn is taken until its holder has written its name. */
const NAMING_MILLISECONDS = 5_000;

/** What a person can do something about: shown without a stack. */
export class SetupError extends Error {}

const wanted = () => createHash("sha256").update(readFileSync(lockFile)).digest("hex");
const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted();

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

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

function holderOf(directory) {
  try {
    return readFileSync(join(directory, "holder"), "utf8");
  } catch {
    return undefined;
  }
}

function isLeftover() {
  const name = holderOf(turn);
  if (name !== undefined) return !isAlive(name);
  const found = statSync(turn, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > NAMING_MILLISECONDS;
}

/** Take a leftover away by renaming it, which only one of several can do; a turn that is alive after all is put back. */
function clearLeftover() {
  const aside = `${turn}.${process.pid}`;
  try {
    renameSync(turn, aside);
    const name = holderOf(aside);
    if (name !== undefined && isAlive(name)) renameSync(aside, turn);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Run `run` alone, so that two first starts side by side do not install into each other. */
function alone(run) {
  let told = false;
  for (;;) {
    try {
      mkdirSync(turn);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") {
        throw new SetupError(
          `cannot install into ${root} (${error.message}). Make it writable, then run the command again.`,
        );
      }
      if (installed()) return;
      if (isLeftover()) clearLeftover();
      else {
        if (!told) process.stderr.write("cairn: waiting for another start to finish installing\n");
        told = true;
        pause(250);
      }
    }
  }
  try {
    writeFileSync(join(turn, "holder"), nameOf(process.pid));
    if (!installed()) run();
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

function runInstaller() {
  process.stderr.write("cairn: installing dependencies (first run, about a minute)\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const locked = readFileSync(lockFile);
  const done = spawnSync(npm, ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  // Some versions of npm write the same lock in other words; the one that is checked in stays as it is.
  if (!readFileSync(lockFile).equals(locked)) writeFileSync(lockFile, locked);
  if (done.error?.code === "ENOENT") {
    throw new SetupError(
      "npm was not found. Install it beside Node (Debian: apt-get install npm), then run the command again.",
    );
  }
  if (done.error || done.status !== 0) {
    throw new SetupError(
      `npm install did not finish (${done.error?.message ?? done.signal ?? `exit ${done.status}`}). Check that npm can reach its registry and that the disk has 1 GB free, then run the command again.`,
    );
  }
  writeFileSync(stamp, wanted());
}

/** Install the locked dependencies when the lock file changed since the last install. */
export function install() {
  if (!installed()) alone(runInstaller);
}

/** Path of the pinned Node binary, or of the running one where no pinned build exists for this platform. */
export function pinnedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const binary = process.platform === "win32" ? "node.exe" : "node";
  const pinned = join(root, `node_modules/node-${platform}-${process.arch}/bin/${binary}`);
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  rmSync(stamp, { force: true });
  throw new SetupError(
    `Node 24 is needed, and npm did not install the package node-${platform}-${process.arch}. Check that npm can reach its registry and run the command again; where no such package exists, install Node 24 yourself.`,
  );
}

/** Run a start-up step; what a person can mend ends the process with one line. */
export async function orExplain(step) {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`cairn: ${error.message}\n`);
    process.exitCode = 1;
  }
}
