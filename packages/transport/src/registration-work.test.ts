import { expect, it } from "vitest";
import { findWork, workBits } from "./registration-work.ts";

const signature = `0x${"12".repeat(65)}` as const;
const { signal } = new AbortController();

it("finds work that counts for its signature alone", async () => {
  const work = await findWork(signature, 12, signal);
  expect(workBits(signature, work)).toBeGreaterThanOrEqual(12);
  // Of 64 other signatures, work of 12 bits fits one with a chance of 1 in 64.
  const others = Array.from({ length: 64 }, (_, i) => workBits(`0x${i.toString(16).padStart(130, "0")}`, work));
  expect(others.filter((bits) => bits >= 12).length).toBeLessThan(4);
});

it("takes nothing else for work", () => {
  for (const text of ["", "0", "g".repeat(16), "0".repeat(17), "0".repeat(15), "ABCDEF0123456789"]) {
    expect(workBits(signature, text)).toBe(0);
  }
});

it("stops when it is told to", async () => {
  await expect(findWork(signature, 200, AbortSignal.abort(new Error("enough")))).rejects.toThrowError("enough");
});
