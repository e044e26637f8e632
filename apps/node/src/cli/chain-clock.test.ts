import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { homeAt } from "../home/home.ts";
import { clocksApart } from "./chain-clock.ts";
import { doctor } from "./doctor.ts";
import { status } from "./status.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let home: string;
let served: Awaited<ReturnType<typeof serveHome>>;

beforeAll(async () => {
  gateway = await startMemoryGateway();
  home = await mkdtemp(join(tmpdir(), "cairn-clock-"));
  served = await serveHome(homeAt(home), gateway.url);
});
afterAll(async () => {
  await gateway.stop();
  served.release();
  await rm(home, { recursive: true, force: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What the command writes as JSON when the newest block is `ahead` seconds ahead of this machine's clock. */
async function said(command: (options: { home: string; json: true }) => Promise<void>, ahead: number) {
  gateway.lie(({ call }, answer) =>
    call === "GET /status" ? { ...(answer as object), blockTime: Math.floor(Date.now() / 1000) + ahead } : answer,
  );
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await command({ home, json: true });
  const text = write.mock.calls.map(([written]) => written).join("");
  write.mockRestore();
  return JSON.parse(text);
}

describe("a chain whose clock is not this machine's", () => {
  it("is told with its seconds, what it means and when it ends; a few seconds are not", () => {
    expect(clocksApart(1_000_010, 1_000_000, 5)).toBeUndefined();
    expect(clocksApart(999_940, 1_000_000, 5)).toBeUndefined();
    expect(clocksApart(996_400, 1_000_000, 3600)).toBeUndefined();
    const found = clocksApart(1_003_600, 1_000_000, 3600);
    expect(found?.what).toContain("the chain's clock is 3600 s ahead of this machine's");
    expect(found?.what).toContain("nothing is proved and nothing is paid");
    expect(found?.next).toContain("Set this machine's clock if it is slow.");
    expect(found?.next).toContain("in 1.0 h");
  });

  it("is told in the other direction too, with both causes", () => {
    const found = clocksApart(992_800, 1_000_000, 3600);
    expect(found?.what).toContain("this machine's clock is 7200 s ahead of the chain's newest block");
    expect(found?.next).toContain("if the block's number rises, set this machine's clock");
  });

  it("is a problem in status and a warning of doctor's when it is behind", async () => {
    const what = expect.stringMatching(/^this machine's clock is 72\d\d s ahead of the chain's newest block/);
    expect((await said(status, -7200)).problems).toContainEqual({ what, next: expect.stringContaining("set this") });
    expect(await said(doctor, -7200)).toContainEqual(
      expect.objectContaining({ what: "clock", verdict: "warning", found: what }),
    );
  });

  it("is a problem in status, which shows how far ahead it is and no age below zero", async () => {
    const { chain, problems } = await said(status, 3600);
    expect(chain).toMatchObject({ ageSeconds: 0 });
    expect(chain.aheadSeconds).toBeGreaterThan(3500);
    expect(problems).toContainEqual({
      what: expect.stringMatching(/^the chain's clock is 3\d\d\d s ahead of this machine's/),
      next: expect.stringContaining("Set this machine's clock"),
    });
    const well = await said(status, 0);
    expect(well.problems).toEqual([]);
  });

  it("is a warning of doctor's, and no stalled chain", async () => {
    const findings = await said(doctor, 3600);
    const of = (what: string) => findings.find((one: { what: string }) => one.what === what);
    expect(of("clock")).toMatchObject({
      verdict: "warning",
      next: expect.stringContaining("Set this machine's clock"),
    });
    expect(of("chain")).toMatchObject({ verdict: "good", found: "block 7, 0 s old" });
    const well = await said(doctor, 0);
    expect(well.find((one: { what: string }) => one.what === "clock")).toMatchObject({ verdict: "good" });
  });
});
