// Plain JavaScript for any Node from 18 on: installs what is missing, then names the pinned Node to run under.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".cairn-installed");
const lock = join(root, ".cairn-installing");

const wanted = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted();

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Run `run` while holding a lock directory, so that two first starts side by side do not install into each other. */
function alone(run) {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (installed()) return;
      const age = Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
      if (age > 15 * 60_000) rmSync(lock, { recursive: true, force: true });
      pause(250);
    }
  }
  try {
    if (!installed()) run();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Install the locked dependencies when the lock file changed since the last install. */
export function install() {
  if (installed()) return;
  alone(() => {
    process.stderr.write("cairn: installing dependencies (first run, about a minute)\n");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const done = spawnSync(npm, ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
    if (done.error || done.status !== 0) {
      process.stderr.write(
        `cairn: npm install did not finish (${done.error?.message ?? `exit ${done.status}`}). Check that npm can reach its registry, then run the command again.\n`,
      );
      process.exit(done.status || 1);
    }
    writeFileSync(stamp, wanted());
  });
}

/** Path of the pinned Node binary, or of the running one where no pinned build exists for this platform. */
export function pinnedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const binary = process.platform === "win32" ? "node.exe" : "node";
  const pinned = resolve(root, `node_modules/node-${platform}-${process.arch}/bin/${binary}`);
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    `cairn: needs Node 24, and no pinned build exists for ${platform}-${process.arch}. Install Node 24 and run again.\n`,
  );
  process.exit(1);
}
