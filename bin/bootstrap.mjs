// Plain JavaScript for any Node from 18 on: installs what is missing, then names the pinned Node to run under.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { leaveTurn, takeTurn } from "./install-turn.mjs";
import { CLEAR_LINE, runNpm, Stopped } from "./run-npm.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, "package-lock.json");
const stamp = join(root, "node_modules", ".cairn-installed");
const turn = join(root, ".cairn-installing");

/** A packed Cairn (bin/tasks/pack.ts): its modules have no types any more, and npm has installed what it needs beside it. */
const packed = existsSync(join(root, "apps/node/src/main.js"));
export const main = join(root, packed ? "apps/node/src/main.js" : "apps/node/src/main.ts");

/** What a person can do something about: shown without a stack. */
export class SetupError extends Error {}

const wanted = () => createHash("sha256").update(readFileSync(lockFile)).digest("hex");
const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted();

async function runInstaller() {
  process.stderr.write(
    "cairn: installing dependencies (first run: about 390 MB to fetch, 1.1 GB on the disk, minutes on a slow line)\n",
  );
  // Without --no-save some versions of npm write the same lock in other words.
  const code = await runNpm(root, turn, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code === 127) {
    throw new SetupError(
      "npm was not found. Install it beside Node (Debian: apt-get install npm), then run the command again.",
    );
  }
  if (code !== 0) {
    throw new SetupError(
      `npm install did not finish (exit ${code}). Check that npm can reach its registry and that the disk has 1.5 GB free, then run the command again.`,
    );
  }
  writeFileSync(stamp, wanted());
}

/** Install the locked dependencies when the lock file changed since the last install. */
export async function install() {
  if (packed || installed()) return;
  let taken;
  try {
    taken = await takeTurn(turn, installed, (pids) =>
      process.stderr.write(`cairn: waiting for another start to finish installing (process ${pids.join(", ")})\n`),
    );
  } catch (error) {
    throw new SetupError(
      `cannot install into ${root} (${error.message}). Make it writable, then run the command again.`,
    );
  }
  if (!taken) return;
  try {
    if (!installed()) await runInstaller();
  } finally {
    leaveTurn(turn);
  }
}

/** Path of the pinned Node binary, or of the running one where no pinned build exists for this platform. */
export function pinnedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const binary = process.platform === "win32" ? "node.exe" : "node";
  const name = `node-${platform}-${process.arch}`;
  try {
    // Beside this package where it is itself a dependency.
    const pinned = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", binary);
    if (existsSync(pinned)) return pinned;
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
  }
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  if (!packed) rmSync(stamp, { force: true });
  throw new SetupError(
    `Node 24 is needed, and npm did not install the package ${name}. Check that npm can reach its registry and omits no optional packages (--omit=optional), and install again; where no such package exists, install Node 24 yourself.`,
  );
}

/** Run a start-up step; what a person can mend, or stopped, ends the process with one line. */
export async function orExplain(step) {
  try {
    await step();
  } catch (error) {
    if (error instanceof Stopped) {
      process.stderr.write(`${CLEAR_LINE}cairn: the installation was stopped; the same command goes on with it\n`);
      process.exitCode = error.exitCode;
      return;
    }
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`cairn: ${error.message}\n`);
    process.exitCode = 1;
  }
}
