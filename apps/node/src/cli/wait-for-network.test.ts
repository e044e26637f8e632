import { spawn } from "node:child_process";
import { CairnError } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { createOutput } from "./output.ts";
import { waitForNetwork } from "./wait-for-network.ts";

const away = new CairnError("no answer", { code: "gateway-unreachable", kind: "unavailable" });
const run = { url: "http://gateway", pid: process.pid, profile: "demo", chainUrl: "", startedAt: 0, children: [] };

describe("a network that does not answer", () => {
  it("is waited for as long as `cairn up` runs, for a minute at most, and that is said once", async () => {
    const said: string[] = [];
    const output = {
      ...createOutput({ json: true }),
      say: (...lines: (string | string[])[]) => void said.push(...lines.flat()),
    };
    const wait = waitForNetwork(run, output);
    await wait(away, 0);
    await wait(away, 59);
    await expect(wait(away, 61)).rejects.toBe(away);
    expect(said).toEqual(["Waiting for the network to come back: no answer"]);
  });

  it("is not waited for when `cairn up` has ended", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    const wait = waitForNetwork({ ...run, pid: child.pid ?? 0 }, createOutput({ json: true }));
    await expect(wait(away, 0)).rejects.toBe(away);
  });
});
