import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { homeAt } from "./home.ts";
import { homeHolder } from "./home-holder.ts";
import { findRunning } from "./run-file.ts";

const LOCK = fileURLToPath(import.meta.resolve("@cairn/process/hold-lock"));

/** A process that has the home to itself and was called with `word`, while `look` looks. */
async function heldBy(word: string, look: (home: ReturnType<typeof homeAt>, pid: number) => Promise<void>) {
  const home = homeAt(mkdtempSync(join(tmpdir(), "cairn-holder-")));
  const script = `import { holdLock } from ${JSON.stringify(LOCK)};
    holdLock(${JSON.stringify(join(home.directory, "lock"))}); console.log("held"); setInterval(() => {}, 1e6);`;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script, word],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await once(child.stdout, "data");
    await look(home, child.pid ?? 0);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(homeHolder(home.directory)).toBeUndefined();
    await expect(findRunning(home)).rejects.toMatchObject({ code: "not-running" });
  } finally {
    child.kill("SIGKILL");
    rmSync(home.directory, { recursive: true, force: true });
  }
}

it.runIf(process.platform === "linux")("a network that has its home and does not serve yet is starting", () =>
  heldBy("up", async (home, pid) => {
    expect(homeHolder(home.directory)).toEqual({ pid, runs: "network" });
    await expect(findRunning(home)).rejects.toMatchObject({ code: "network-starting", details: { pid } });
  }),
);

it.runIf(process.platform === "linux")("whoever else has the home is no network", () =>
  heldBy("backup", async (home, pid) => {
    expect(homeHolder(home.directory)).toEqual({ pid, runs: "other" });
    await expect(findRunning(home)).rejects.toMatchObject({ code: "not-running" });
  }),
);
