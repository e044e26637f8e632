import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findDownstream } from "../downstream/run-file.ts";
import { homeAt } from "./home.ts";
import { homeHolder } from "./home-holder.ts";
import { findRunning, type RunFile, writeRunFile } from "./run-file.ts";

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
    await expect(findDownstream(home)).rejects.toMatchObject({ code: "not-running" });
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

/** What a network writes when it serves. */
const runOf = (pid: number): RunFile => ({
  ...{ url: "http://127.0.0.1:9", pid, profile: "local", chainUrl: "http://127.0.0.1:9", startedAt: 0, children: [] },
});

it.runIf(process.platform === "linux")("a network is believed for as long as it has its home", () =>
  heldBy("up", async (home, pid) => {
    await writeRunFile(home, runOf(pid));
    expect(await findRunning(home)).toEqual(runOf(pid));
    expect(await findDownstream(home)).toEqual({ url: runOf(pid).url });
  }),
);

it.runIf(process.platform === "linux")(
  "the file of a network that was killed is not believed while another starts",
  () =>
    heldBy("up", async (home, pid) => {
      await writeRunFile(home, runOf(process.pid));
      await expect(findRunning(home)).rejects.toMatchObject({ code: "network-starting", details: { pid } });
      await expect(findDownstream(home)).rejects.toMatchObject({ code: "not-running" });
    }),
);
