import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";

const BIN = join(import.meta.dirname, "../../../bin/cairn.mjs");
const directory = mkdtempSync(join(tmpdir(), "cairn-demo-ends-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A demo whose temporary files go into `temporary`, once its network has begun to write its home. */
async function startDemo(temporary: string) {
  mkdirSync(temporary, { recursive: true });
  const child = spawn(process.execPath, [BIN, "demo"], {
    stdio: "ignore",
    env: { PATH: process.env.PATH, HOME: directory, TMPDIR: temporary },
  });
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const home = () => readdirSync(temporary).find((name) => name.startsWith("cairn-demo-"));
  await expect
    .poll(() => existsSync(join(temporary, home() ?? "none", "children.json")), { timeout: 120_000 })
    .toBe(true);
  return { child, ended };
}

const gone = (temporary: string) => expect.poll(() => readdirSync(temporary), { timeout: 120_000 }).toEqual([]);

describe("a demo that is ended early", () => {
  it("leaves nothing behind on SIGTERM", async () => {
    const temporary = join(directory, "terminated");
    const { child, ended } = await startDemo(temporary);
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(143);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("leaves nothing behind when it is asked again while it stops, or killed outright", async () => {
    const temporary = join(directory, "killed");
    const asked = await startDemo(temporary);
    asked.child.kill("SIGTERM");
    await sleep(500);
    asked.child.kill("SIGTERM");
    await asked.ended;
    await gone(temporary);
    const killed = await startDemo(temporary);
    killed.child.kill("SIGKILL");
    await gone(temporary);
  });

  it("takes away what a demo left whose network was killed as well", async () => {
    const temporary = join(directory, "left");
    const ended = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(ended, "exit");
    mkdirSync(join(temporary, `cairn-demo-${ended.pid}-Xy12zz`, "providers"), { recursive: true });
    const { child, ended: over } = await startDemo(temporary);
    child.kill("SIGTERM");
    await over;
    expect(readdirSync(temporary)).toEqual([]);
  });
});
