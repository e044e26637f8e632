import { createHash } from "node:crypto";
import { generateKey } from "@cairn/chain";
import type { Address, Hex, Message } from "@cairn/protocol";
import { addressOfKey, signTyped } from "@cairn/protocol";
import { rememberNonces } from "@cairn/transport";
import { describe, expect, it } from "vitest";
import { verifyClaim } from "./verify-claim.ts";

const NOW = 1_800_000_000;
const TOKEN = "the home's token";
const key = generateKey();
const owner = addressOfKey(key).toLowerCase() as Address;
const audience: Address = `0x${"22".repeat(20)}`;
const deployment = { chainId: 26170, deals: `0x${"33".repeat(20)}`, registry: `0x${"44".repeat(20)}` } as const;
const sha256 = (text: string): Hex => `0x${createHash("sha256").update(text).digest("hex")}`;

const claim: Message<"AccountClaim"> = {
  owner,
  audience,
  token: sha256(TOKEN),
  time: BigInt(NOW),
  nonce: `0x${"55".repeat(32)}`,
};
const options = () => ({ token: TOKEN, audience, deployment, nonces: rememberNonces(), now: NOW });
const signed = (message: Message<"AccountClaim">, context = deployment, by = key) => ({
  message,
  signature: signTyped("AccountClaim", message, context, by),
});

describe("a claim to a wallet", () => {
  it("is good once, signed by the wallet's key for this gateway and this token", () => {
    const shared = options();
    expect(verifyClaim(signed(claim), shared)).toBe(owner);
    expect(() => verifyClaim(signed(claim), shared)).toThrowError(expect.objectContaining({ code: "used-nonce" }));
  });

  const stranger = generateKey();
  it.each([
    ["an address without its key", signed(claim, deployment, stranger), "wrong-key"],
    ["another gateway", signed({ ...claim, audience: `0x${"66".repeat(20)}` }), "wrong-audience"],
    ["another token", signed({ ...claim, token: sha256("another") }), "wrong-token"],
    ["an hour ago", signed({ ...claim, time: BigInt(NOW - 3600) }), "stale-claim"],
    ["an hour from now", signed({ ...claim, time: BigInt(NOW + 3600) }), "stale-claim"],
    ["another chain", signed(claim, { ...deployment, chainId: 1 } as never), "wrong-key"],
    ["other contracts", signed(claim, { ...deployment, deals: `0x${"77".repeat(20)}` } as never), "wrong-key"],
    [
      "another kind of statement",
      {
        message: claim,
        signature: signTyped(
          "Hello",
          { provider: owner, audience, time: claim.time, nonce: claim.nonce },
          deployment,
          key,
        ),
      },
      "wrong-key",
    ],
  ])("is refused when it is for %s", (_what, given, code) => {
    expect(() => verifyClaim(given, options())).toThrowError(expect.objectContaining({ code }));
  });
});
