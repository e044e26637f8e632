import { generateKey } from "@cairn/chain";
import type { Deployment } from "@cairn/core";
import { type Address, addressOfKey, CairnError, type Hex, signTyped } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { ProviderContext } from "../context.ts";
import { openManifest } from "./answer-manifest.ts";

const NOW = 1_800_000_000;
const hash = (digit: string): Hex => `0x${digit.repeat(64)}`;
const [ownerKey, strangerKey] = [generateKey(), generateKey()];
const owner = addressOfKey(ownerKey).toLowerCase() as Address;
const audience = addressOfKey(generateKey()).toLowerCase() as Address;
const deployment = { chainId: 26170, deals: `0x${"11".repeat(20)}` } as Deployment;
const context = {
  shards: {
    all: () => [{ quote: { owner, documentHash: hash("a") }, document: { size: 30 }, manifest: { size: 12 } }],
  },
  deployment: () => deployment,
  chainNow: () => NOW,
} as unknown as ProviderContext;

const allowed = { documentHash: hash("a"), audience, expiry: BigInt(NOW + 1) };
const open = (change: Partial<typeof allowed> = {}, asker = audience, key = ownerKey, of = hash("a")) => {
  const message = { ...allowed, ...change };
  return openManifest(
    context,
    of,
    { message, signature: signTyped("ReadCapability", message, deployment, key) },
    asker,
  );
};

describe("a package's manifest", () => {
  it("is open to the audience of its owner's permission", () => {
    expect(open().body.length).toBe(42);
  });

  it.each([
    ["a permission that ran out", () => open({ expiry: BigInt(NOW) }), "bad-capability"],
    ["a permission for another package", () => open({ documentHash: hash("b") }), "bad-capability"],
    ["a permission that somebody else signed", () => open({}, audience, strangerKey), "bad-capability"],
    ["whom the permission does not name", () => open({}, owner), "bad-capability"],
    [
      "what is asked of a package without a shard here",
      () => open({ documentHash: hash("b") }, audience, ownerKey, hash("b")),
      "unknown-package",
    ],
  ])("refuses %s", (_, ask, code) => {
    expect(ask).toThrow(CairnError);
    expect(ask).toThrow(expect.objectContaining({ code }));
  });
});
