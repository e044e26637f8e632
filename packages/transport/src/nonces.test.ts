import type { Hex } from "@cairn/protocol";
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

  it("gives each user a share, which comes back", () => {
    const nonces = rememberNonces(10, 3);
    for (let n = 0; n < 3; n++) expect(nonces.use(nonce(n), 100, 0, "a")).toBe(true);
    expect(nonces.use(nonce(3), 100, 0, "a")).toBe(false);
    expect(nonces.use(nonce(3), 100, 0, "b")).toBe(true);
    expect(nonces.use(nonce(4), 200, 100, "a")).toBe(true);
  });
});
