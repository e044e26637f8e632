import { describe, expect, it } from "vitest";
import { TrafficLimits } from "./traffic-limits.ts";

const SETTINGS = {
  rates: { requests: { perSecond: 10, burst: 20 }, registrations: { perSecond: 0.5, burst: 1 } },
  heldBytes: { perNetwork: 100, total: 150 },
  networks: 50_000,
};

describe("TrafficLimits", () => {
  it("stops a network that asks too often, for as long as it has to wait, and no other", () => {
    let now = 0;
    const limits = new TrafficLimits(SETTINGS, () => now);
    for (let n = 0; n < 20; n++) expect(limits.take("one", "requests")).toBe(0);
    expect(limits.take("one", "requests")).toBe(1);
    expect(limits.take("other", "requests")).toBe(0);
    now += 2000;
    for (let n = 0; n < 20; n++) expect(limits.take("one", "requests")).toBe(0);
    expect(limits.take("one", "requests")).toBe(1);
  });

  it("counts each kind of act alone, and says how long to wait", () => {
    const limits = new TrafficLimits(SETTINGS, () => 0);
    expect(limits.take("one", "registrations")).toBe(0);
    expect(limits.take("one", "registrations")).toBe(2);
    expect(limits.take("one", "requests")).toBe(0);
  });

  it("lets one that keeps to the rate go on for ever", () => {
    let now = 0;
    const limits = new TrafficLimits(SETTINGS, () => now);
    for (let n = 0; n < 1000; n++) {
      expect(limits.take("one", "requests")).toBe(0);
      now += 100;
    }
  });

  it("bounds what bodies take in memory, by network and in all, and counts what is released", () => {
    const limits = new TrafficLimits(SETTINGS, () => 0);
    expect(limits.hold("one", 100)).toBe(true);
    expect(limits.hold("one", 1)).toBe(false);
    expect(limits.hold("other", 50)).toBe(true);
    expect(limits.hold("third", 1)).toBe(false);
    limits.release("one", 100);
    expect(limits.hold("third", 100)).toBe(true);
  });

  it("remembers a bounded number of networks", () => {
    const limits = new TrafficLimits({ ...SETTINGS, networks: 100 }, () => 0);
    limits.hold("holder", 10);
    for (let n = 0; n < 1000; n++) limits.take(`network ${n}`, "requests");
    expect(limits.size).toBe(100);
    limits.release("holder", 10);
    expect(limits.hold("holder", 100)).toBe(true);
  });
});
