import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { collectBuffers } from "./collect-buffers.ts";

const MIB = 1024 * 1024;

describe("collectBuffers", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("collects when much has come since the last time, and not more often than every second", () => {
    vi.useFakeTimers();
    let external = 10 * MIB;
    let collections = 0;
    const end = collectBuffers(
      () => external,
      (what) => {
        if (what === "all") collections += 1;
      },
    );
    vi.advanceTimersByTime(10_000);
    external += 15 * MIB;
    vi.advanceTimersByTime(10_000);
    expect(collections).toBe(0);
    external += 2 * MIB;
    vi.advanceTimersByTime(10_000);
    expect(collections).toBe(1);
    // What is left is in use: the next comes with the next growth.
    for (let i = 0; i < 8; i += 1) {
      external += 30 * MIB;
      vi.advanceTimersByTime(500);
    }
    expect(collections).toBe(5);
    end();
    external += 1000 * MIB;
    vi.advanceTimersByTime(10_000);
    expect(collections).toBe(5);
  });

  it("takes a fall for the new level", () => {
    vi.useFakeTimers();
    let external = 500 * MIB;
    let collections = 0;
    const end = collectBuffers(
      () => external,
      (what) => {
        if (what === "all") collections += 1;
      },
    );
    external = 100 * MIB;
    vi.advanceTimersByTime(2000);
    external = 130 * MIB;
    vi.advanceTimersByTime(2000);
    end();
    expect(collections).toBe(1);
  });

  it("marks the whole heap only where collecting what is young frees too little", () => {
    vi.useFakeTimers();
    let external = 10 * MIB;
    const collected: string[] = [];
    const end = collectBuffers(
      () => external,
      (what) => {
        collected.push(what);
        external -= (what === "young" ? 0.9 : 1) * (external - 10 * MIB);
      },
    );
    external += 100 * MIB;
    vi.advanceTimersByTime(1000);
    expect(collected).toEqual(["young"]);
    external += 500 * MIB;
    vi.advanceTimersByTime(1000);
    end();
    expect(collected).toEqual(["young", "young", "all"]);
  });

  it("frees Buffers that V8 would let lie", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const end = collectBuffers();
    for (let i = 0; i < 100; i += 1) Buffer.allocUnsafeSlow(MIB).fill(1);
    while (process.memoryUsage().arrayBuffers - before > 16 * MIB) await sleep(100);
    end();
  });
});
