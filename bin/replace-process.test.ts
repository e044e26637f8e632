import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { isRunning, processIdentity } from "@cairn/process";
import { describe, expect, it } from "vitest";

const fixtures = join(import.meta.dirname, "test");

async function run(...args: string[]) {
  const child = spawn(process.execPath, [join(fixtures, "stand-in.mjs"), join(fixtures, "program.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const [line] = await once(child.stdout, "data");
  return { child, ended, said: JSON.parse(String(line)) as { pid: number; rest: string[] } };
}

describe("replaceProcess", () => {
  it("passes arguments on and the exit code back", async () => {
    const { ended, said } = await run("exit", "a b", "", "--c=$HOME");
    expect(said.rest).toEqual(["a b", "", "--c=$HOME"]);
    expect((await ended)[0]).toBe(5);
    expect((await (await run("crash")).ended)[0]).toBe(137);
  });

  it("passes signals on", async () => {
    const { child, ended } = await run("wait");
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(7);
  });

  it("takes the program with it when it is killed", async () => {
    const { child, said } = await run("wait");
    const program = processIdentity(said.pid);
    if (!program) throw new Error("the program runs");
    child.kill("SIGKILL");
    await expect.poll(() => isRunning(program), { timeout: 5_000 }).toBe(false);
  });
});
