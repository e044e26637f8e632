import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isRunning, processIdentity } from "./process-identity.ts";

describe("processIdentity", () => {
  it("tells a process from a later one with its id, and knows when it ended", async () => {
    const child = spawn("sleep", ["60"]);
    const identity = processIdentity(Number(child.pid));
    if (!identity) throw new Error("a running process has an identity");
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, start: "1" })).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isRunning(identity)).toBe(false);
    expect(processIdentity(Number(child.pid))).toBeUndefined();
  });

  it("knows none for what cannot be a process id", () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 40]) expect(processIdentity(pid)).toBeUndefined();
  });
});
