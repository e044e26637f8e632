import { describe, expect, it } from "vitest";
import type { Notice } from "./context.ts";
import { tellOnce } from "./tell-once.ts";

const notice = (kind: string): Notice => ({ kind, severity: "warning", message: kind });

describe("tellOnce", () => {
  it("tells each key once, and again after ten minutes", async () => {
    const told: string[] = [];
    let now = 0;
    const tell = tellOnce(
      async ({ kind }) => {
        told.push(kind);
      },
      () => now,
    );
    await tell("a", notice("a"));
    await tell("a", notice("a"));
    await tell("b", notice("b"));
    now = 599_999;
    await tell("a", notice("a"));
    expect(told).toEqual(["a", "b"]);
    now = 600_000;
    await tell("a", notice("a"));
    expect(told).toEqual(["a", "b", "a"]);
  });

  it("tells again what could not be recorded", async () => {
    const told: string[] = [];
    let away = true;
    const tell = tellOnce(async ({ kind }) => {
      if (away) throw new Error("the database is away");
      told.push(kind);
    });
    await expect(tell("a", notice("a"))).rejects.toThrow("away");
    away = false;
    await tell("a", notice("a"));
    await tell("a", notice("a"));
    expect(told).toEqual(["a"]);
  });

  it("remembers a bounded number of keys", async () => {
    let told = 0;
    const tell = tellOnce(
      async () => {
        told += 1;
      },
      () => 0,
    );
    for (let i = 0; i < 5000; i += 1) await tell(String(i), notice("n"));
    await tell("4999", notice("n"));
    expect(told).toBe(5000);
    await tell("0", notice("n"));
    expect(told).toBe(5001);
  });
});
