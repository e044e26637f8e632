import { addressOfKey } from "@cairn/protocol";
import { crypto as pureCrypto } from "@cairn/protocol/crypto/noble";
import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createTxFromRLP } from "@ethereumjs/tx";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { makeCommon } from "./common.ts";
import { recoverSigner, sign } from "./crypto.ts";
import { mixOf, sealBlock, signerOf, signReveal } from "./seal.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = bytes32
  .filter((bytes) => bytes.some((byte) => byte !== 0) && bytes[0] !== 0xff)
  .map((bytes) => bytesToHex(bytes));

describe("signatures of blocks", () => {
  it("are the same by addon and in JavaScript, as are their signers", () => {
    fc.assert(
      fc.property(bytes32, key, (hash, secret) => {
        const signature = sign(hash, secret);
        const { signature: pure, recovery } = pureCrypto.sign(hash, hexToBytes(secret));
        expect(signature).toEqual(Uint8Array.from([...pure, recovery]));
        expect(recoverSigner(hash, signature)).toBe(addressOfKey(secret));
        expect(recoverSigner(hash, signature, pureCrypto)).toBe(addressOfKey(secret));
      }),
      { numRuns: 30 },
    );
  });

  it("are no other bytes, in either form", () => {
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ maxLength: 70 }), (hash, bytes) => {
        const mine = recoverSigner(hash, bytes);
        expect(recoverSigner(hash, bytes, pureCrypto)).toBe(mine);
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
    const reveal = signReveal(26170, 5, parentMix, secret);
    const seal = sealBlock(26170, hash, reveal, secret);
    const block = { hash, number: 5, mix: mixOf(reveal), parentMix };
    expect(signerOf(26170, block, seal)).toBe(addressOfKey(secret));
    expect(signerOf(1, block, seal)).not.toBe(addressOfKey(secret));
    for (const change of [{ hash: parentMix }, { number: 6 }, { mix: hash }, { parentMix: hash }]) {
      expect(signerOf(26170, { ...block, ...change }, seal)).not.toBe(addressOfKey(secret));
    }
  });
});
