import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createTxFromRLP } from "@ethereumjs/tx";
import { bytesToHex, equalsBytes, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { makeCommon } from "./common.ts";
import { addressOfKey, FAST, NATIVE, recoverSigner, SOFT } from "./crypto.ts";
import { mixOf, sealBlock, signerOf, signReveal } from "./seal.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = bytes32
  .filter((bytes) => bytes.some((byte) => byte !== 0) && bytes[0] !== 0xff)
  .map((bytes) => bytesToHex(bytes));

describe("primitives", () => {
  it("are native on this platform when it has prebuilt ones", () => {
    if (process.platform === "linux" && process.arch === "x64")
      expect(NATIVE).toEqual({ secp256k1: true, keccak256: true });
  });

  it("give the same bytes in both forms", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), bytes32, key, async (data, hash, secret) => {
        expect(equalsBytes(FAST.keccak256(data), SOFT.keccak256(data))).toBe(true);
        const signature = await FAST.sign(hash, secret);
        expect(await SOFT.sign(hash, secret)).toEqual(signature);
        expect(await recoverSigner(hash, signature)).toBe(addressOfKey(secret));
        expect(await recoverSigner(hash, signature, SOFT)).toBe(addressOfKey(secret));
      }),
      { numRuns: 30 },
    );
  });

  it("take no other bytes for a signature, in either form", async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, fc.uint8Array({ maxLength: 70 }), async (hash, bytes) => {
        const mine = await recoverSigner(hash, bytes);
        expect(await recoverSigner(hash, bytes, SOFT)).toBe(mine);
        if (bytes.length !== 65) expect(mine).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("recover the senders of transactions as the library does by itself", async () => {
    const account = privateKeyToAccount(`0x${"42".repeat(32)}`);
    const plain = createCustomCommon({ chainId: 26170 }, Mainnet, { hardfork: Hardfork.Cancun });
    const base = { chainId: 26170, nonce: 1, to: account.address, gas: 21_000n } as const;
    const raws = [
      await account.signTransaction({ ...base, type: "legacy", gasPrice: 1n }),
      await account.signTransaction({ ...base, type: "eip2930", gasPrice: 1n }),
      await account.signTransaction({ ...base, type: "eip1559", maxFeePerGas: 1n }),
    ];
    for (const raw of raws) {
      const ours = createTxFromRLP(hexToBytes(raw), { common: makeCommon(26170) });
      expect(ours.getSenderAddress().toString()).toBe(account.address.toLowerCase());
      expect(ours.hash()).toEqual(createTxFromRLP(hexToBytes(raw), { common: plain }).hash());
    }
  });
});

describe("a seal", () => {
  const secret = `0x${"31".repeat(32)}` as const;
  const hash = new Uint8Array(32).fill(1);
  const parentMix = new Uint8Array(32).fill(2);

  it("is its validator's, for one chain, one block and one parent", async () => {
    const reveal = await signReveal(26170, 5, parentMix, secret);
    const seal = await sealBlock(26170, hash, reveal, secret);
    const block = { hash, number: 5, mix: mixOf(reveal), parentMix };
    expect(await signerOf(26170, block, seal)).toBe(addressOfKey(secret));
    expect(await signerOf(1, block, seal)).not.toBe(addressOfKey(secret));
    for (const change of [{ hash: parentMix }, { number: 6 }, { mix: hash }, { parentMix: hash }]) {
      expect(await signerOf(26170, { ...block, ...change }, seal)).not.toBe(addressOfKey(secret));
    }
  });
});
