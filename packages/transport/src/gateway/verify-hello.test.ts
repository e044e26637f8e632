import { generateKey } from "@cairn/chain";
import type { Ledger } from "@cairn/core";
import type { Address, Hex } from "@cairn/protocol";
import { addressOfKey, signTyped } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { rememberNonces } from "../nonces.ts";
import { verifyHello } from "./verify-hello.ts";

const NOW = 1_800_000_000;
const key = generateKey();
const hot = addressOfKey(key);
const [provider, audience] = [`0x${"01".repeat(20)}`, `0x${"02".repeat(20)}`] as [Address, Address];
const deployment = { chainId: 31_337, deals: `0x${"0d".repeat(20)}`, registry: `0x${"0c".repeat(20)}` };
const ledger = { deployment, provider: async () => ({ hot }) } as unknown as Ledger;

describe("the time of a hello", () => {
  const nonces = rememberNonces();
  const greet = (time: number, clocks: [number, number], nonce: Hex) => {
    const message = { provider, audience, time: BigInt(time), nonce };
    const hello = { message, signature: signTyped("Hello", message, ledger.deployment, key) };
    return verifyHello(hello, { ledger, audience, nonces, clocks });
  };
  const nonceOf = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

  it("may be the chain's while the machine's clock is wrong, either way, and is good once", async () => {
    for (const [i, off] of [7200, -7200].entries()) {
      const clocks: [number, number] = [NOW + off, NOW];
      expect(await greet(NOW, clocks, nonceOf(i))).toBe(provider);
      await expect(greet(NOW, clocks, nonceOf(i))).rejects.toMatchObject({ code: "used-nonce" });
      await expect(greet(NOW - 61, clocks, nonceOf(10 + i))).rejects.toMatchObject({ code: "stale-hello" });
    }
    expect(await greet(NOW, [NOW, NOW + 7200], nonceOf(20))).toBe(provider);
  });
});
