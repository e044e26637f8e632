import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { isRunning, processIdentity } from "@cairn/process";
import { describe, expect, it } from "vitest";

const fixtures = join(import.meta.dirname, "test");

const STAND_IN = [join(fixtures, "stand-in.mjs"), join(fixtures, "program.ts")];

interface Said {
  pid: number;
  parent: number;
  survives?: string;
  rest: string[];
}

async function run(...args: string[]) {
  const child = spawn(process.execPath, [...STAND_IN, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const [line] = await once(child.stdout, "data");
  return { child, ended, said: JSON.parse(String(line)) as Said };
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

  it.each([
    ["by nohup", 'nohup "$0" "$@" 2>&1; exit $?'],
    ["by a script that ignores it", `trap "" HUP; "$0" "$@"; exit $?`],
  ])("a hang-up ends neither when they were started %s", async (_, script) => {
    const shell = spawn("bash", ["-c", script, process.execPath, ...STAND_IN, "wait"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(shell, "exit");
    const [line] = await once(shell.stdout, "data");
    const { parent, survives } = JSON.parse(/^\{.*\}$/m.exec(String(line))?.[0] ?? "") as Said;
    expect(survives).toBe("1");
    process.kill(parent, "SIGHUP");
    process.kill(parent, "SIGTERM");
    expect((await ended)[0]).toBe(7);
  });

  it("passes a hang-up on otherwise", async () => {
    const { child, ended, said } = await run("wait");
    expect(said.survives).toBeUndefined();
    child.kill("SIGHUP");
    expect((await ended)[0]).toBe(129);
  });

  it("takes the program with it when it is killed", async () => {
    const { child, said } = await run("wait");
    const program = processIdentity(said.pid);
    if (!program) throw new Error("the program runs");
    child.kill("SIGKILL");
    await expect.poll(() => isRunning(program), { timeout: 5_000 }).toBe(false);
  });
});
