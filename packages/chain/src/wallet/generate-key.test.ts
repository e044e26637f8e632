import { addressOfKey } from "@cairn/protocol";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { generateKey } from "./generate-key.ts";

describe("generateKey", () => {
  it("makes a new key each time, of which others know the same address", () => {
    const [key, other] = [generateKey(), generateKey()];
    expect(other).not.toBe(key);
    expect(addressOfKey(key)).toBe(privateKeyToAccount(key).address.toLowerCase());
  });
});
