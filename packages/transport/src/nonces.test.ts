import type { Hex } from "@cairn/core";
import { describe, expect, it } from "vitest";
import { rememberNonces } from "./nonces.ts";

const nonce = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

describe("rememberNonces", () => {
  it("lets each be used once while it is good", () => {
    const nonces = rememberNonces();
    expect(nonces.use(nonce(1), 100, 50)).toBe(true);
    expect(nonces.use(nonce(1), 100, 60)).toBe(false);
    expect(nonces.use(nonce(2), 100, 100)).toBe(false);
  });

  it("forgets what has expired to make room, and never what has not", () => {
    const nonces = rememberNonces(2);
    expect(nonces.use(nonce(1), 100, 0)).toBe(true);
    expect(nonces.use(nonce(2), 200, 0)).toBe(true);
    expect(nonces.use(nonce(3), 300, 0)).toBe(false);
    expect(nonces.use(nonce(3), 300, 150)).toBe(true);
    expect(nonces.use(nonce(2), 200, 150)).toBe(false);
  });
});
