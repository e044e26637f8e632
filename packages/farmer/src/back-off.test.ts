import { describe, expect, it } from "vitest";
import { createBackOff } from "./back-off.ts";

describe("createBackOff", () => {
  it("doubles its pauses up to the longest and begins anew after a success", () => {
    let now = 0;
    const backOff = createBackOff(
      1,
      10,
      () => now,
      () => 1,
    );
    expect(backOff.ready()).toBe(true);
    expect([1, 2, 3, 4, 5, 6].map(() => backOff.failed())).toEqual([1, 2, 4, 8, 10, 10]);
    expect(backOff.ready()).toBe(false);
    now = 9.9;
    expect(backOff.ready()).toBe(false);
    now = 10;
    expect(backOff.ready()).toBe(true);
    expect(backOff.failed(3)).toBe(3);
    backOff.succeeded();
    expect(backOff.ready()).toBe(true);
    expect(backOff.failed()).toBe(1);
  });

  it("scatters pauses over their later half", () => {
    expect(
      createBackOff(
        8,
        8,
        () => 0,
        () => 0,
      ).failed(),
    ).toBe(4);
    expect(
      createBackOff(
        8,
        8,
        () => 0,
        () => 0.5,
      ).failed(),
    ).toBe(6);
  });
});
