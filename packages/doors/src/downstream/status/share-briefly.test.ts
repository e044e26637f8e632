import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { shareBriefly } from "./share-briefly.ts";

/** Never connected: only what it is told apart by. */
const somePool = () => new pg.Pool();

function counter(milliseconds = 0) {
  let made = 0;
  return async () => {
    if (milliseconds > 0) await sleep(milliseconds);
    return ++made;
  };
}

describe("shareBriefly", () => {
  it("makes one value for all who ask at once and within the time, for each key and pool", async () => {
    const pool = somePool();
    const make = counter();
    const ask = (key: string, now: number) => shareBriefly(pool, key, { now, seconds: 5 }, make);
    expect(await Promise.all([ask("a", 100), ask("a", 101), ask("b", 100), ask("a", 104.9)])).toEqual([1, 1, 2, 1]);
    expect(await shareBriefly(somePool(), "a", { now: 100, seconds: 5 }, make)).toBe(3);
    expect(await ask("a", 105)).toBe(4);
    expect(await ask("a", 99)).toBe(5);
  });

  it("makes a new one when the time has passed by the machine's clock, though the caller's stands still", async () => {
    const pool = somePool();
    const make = counter();
    const ask = () => shareBriefly(pool, "a", { now: 0, seconds: 0.05 }, make);
    expect(await ask()).toBe(1);
    await sleep(60);
    expect(await ask()).toBe(2);
  });

  it("keeps what took long for ten times as long", async () => {
    const pool = somePool();
    const make = counter(100);
    const ask = () => shareBriefly(pool, "a", { now: 0, seconds: 0.01 }, make);
    expect(await ask()).toBe(1);
    await sleep(200);
    expect(await ask()).toBe(1);
  });

  it("does not keep a failure", async () => {
    const pool = somePool();
    const fail = () => shareBriefly(pool, "a", { now: 0, seconds: 5 }, () => Promise.reject(new Error("away")));
    await expect(fail()).rejects.toThrow("away");
    expect(await shareBriefly(pool, "a", { now: 0, seconds: 5 }, counter())).toBe(1);
  });

  it("keeps no more than some keys, the newest", async () => {
    const pool = somePool();
    const make = counter();
    const ask = (key: number) => shareBriefly(pool, String(key), { now: 0, seconds: 60 }, make);
    for (let key = 0; key < 100; key++) await ask(key);
    expect(await ask(99)).toBe(100);
    expect(await ask(0)).toBe(101);
  });
});
