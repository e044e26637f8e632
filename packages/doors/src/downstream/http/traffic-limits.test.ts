import { describe, expect, it } from "vitest";
import { DEFAULT_TRAFFIC, TrafficLimits } from "./traffic-limits.ts";

const SETTINGS = {
  ...DEFAULT_TRAFFIC,
  requests: { perSecond: 10, burst: 20 },
  heldBytes: { perNetwork: 100, total: 150 },
};
const refused = expect.objectContaining({ status: 429, headers: { "retry-after": expect.any(String) } });

describe("TrafficLimits", () => {
  it("stops a network that asks too often, for as long as it has to wait, and no other", () => {
    let now = 0;
    const limits = new TrafficLimits(SETTINGS, () => now);
    for (let n = 0; n < 20; n++) limits.take("one", "requests");
    expect(() => limits.take("one", "requests")).toThrow(refused);
    limits.take("other", "requests");
    now += 2000;
    for (let n = 0; n < 20; n++) limits.take("one", "requests");
    expect(() => limits.take("one", "requests")).toThrow(refused);
  });

  it("lets one that keeps to the rate go on for ever", () => {
    let now = 0;
    const limits = new TrafficLimits(SETTINGS, () => now);
    for (let n = 0; n < 1000; n++) {
      limits.take("one", "requests");
      now += 100;
    }
  });

  it("bounds what bodies take in memory, by network and in all, and counts what is released", () => {
    const limits = new TrafficLimits(SETTINGS, () => 0);
    limits.hold("one", 100);
    expect(() => limits.hold("one", 1)).toThrow(refused);
    limits.hold("other", 50);
    expect(() => limits.hold("third", 1)).toThrow(refused);
    limits.release("one", 100);
    limits.hold("third", 100);
  });

  it("remembers a bounded number of networks", () => {
    const limits = new TrafficLimits({ ...SETTINGS, networks: 100 }, () => 0);
    limits.hold("holder", 10);
    for (let n = 0; n < 1000; n++) limits.take(`network ${n}`, "requests");
    expect(limits.size).toBe(100);
    limits.release("holder", 10);
    limits.hold("holder", 100);
  });
});
