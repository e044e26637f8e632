import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

describe("Turns", () => {
  it("runs as many at once as it may, and one of a key", async () => {
    const turns = new Turns(3);
    const running: string[] = [];
    let most = 0;
    const work = async (key: string) => {
      expect(running).not.toContain(key);
      running.push(key);
      most = Math.max(most, running.length);
      await sleep(2);
      running.splice(running.indexOf(key), 1);
      return key;
    };
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i % 7}`);
    expect(await Promise.all(keys.map((key) => turns.take(key, () => work(key))))).toEqual(keys);
    expect(most).toBe(3);
  });

  it("lets others pass somebody who asks many times", async () => {
    const turns = new Turns(2);
    const order: string[] = [];
    const work = (name: string) => async () => {
      await sleep(1);
      order.push(name);
    };
    const many = Array.from({ length: 20 }, () => turns.take("greedy", work("greedy")));
    const one = turns.take("modest", work("modest"));
    await Promise.all([...many, one]);
    expect(order.indexOf("modest")).toBeLessThan(3);
  });

  it("goes on after a failure", async () => {
    const turns = new Turns(1);
    await expect(turns.take("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(
      turns.take("a", () => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(await turns.take("a", async () => 1)).toBe(1);
  });
});
