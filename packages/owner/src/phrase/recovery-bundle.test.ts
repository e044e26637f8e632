import { scanCar } from "@cairn/archive/browser";
import { crypto } from "@cairn/archive/crypto";
import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { carOfBundle, readEncrypted } from "./bundle-blocks.ts";
import { decryptBundle, encryptBundle, parseBundle, type RecoveryBundle } from "./recovery-bundle.ts";

const key = new Uint8Array(32).fill(5);
const hash = `0x${"ab".repeat(32)}` as const;
const bundle: RecoveryBundle = {
  ...{ sequence: 3, created: 1_800_000_000, network: { chainId: 26170, deals: `0x${"11".repeat(20)}` } },
  openpgp: "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxyz\n",
  lookupKey: new Uint8Array(32).fill(7),
  wallets: [
    { name: "wallet", kind: "client", key: `0x${"cd".repeat(32)}` },
    { name: "savings", kind: "vault", key: `0x${"ce".repeat(32)}` },
  ],
  settings: { k: 1, n: 3 },
  names: [{ documentHash: hash, name: "Fotos 🗻" }],
};
const onTheWire = () => ({
  format: "cairn-recovery-1",
  ...bundle,
  lookupKey: Buffer.from(bundle.lookupKey).toString("base64"),
});

describe("a recovery bundle", () => {
  it("opens under its key alone, unchanged, and its length says little", () => {
    const encrypted = encryptBundle(key, bundle);
    expect(decryptBundle(key, encrypted)).toEqual(bundle);
    expect(Buffer.from(encrypted).includes("Fotos")).toBe(false);
    expect(encryptBundle(key, { ...bundle, names: [] }).length).toBe(encrypted.length);
    expect(encryptBundle(key, bundle)).not.toEqual(encrypted);
    expect(() => decryptBundle(new Uint8Array(32), encrypted)).toThrowError(
      expect.objectContaining({ code: "wrong-key" }),
    );
    fc.assert(
      fc.property(fc.nat(encrypted.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = encrypted.slice();
        altered[at] = (altered[at] ?? 0) ^ change;
        expect(() => decryptBundle(key, altered)).toThrowError(expect.objectContaining({ code: "wrong-key" }));
      }),
      { numRuns: 50 },
    );
  });

  it("is read whole or not at all: whatever a part of it is, it is one that fits, or bad-bundle", () => {
    const parts = Object.keys(onTheWire());
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.jsonValue(), (part, value) => {
        const read = outcome({ ...onTheWire(), [part]: value });
        if (read instanceof CairnError) expect(read.code).toBe("bad-bundle");
        else expect(outcome({ ...onTheWire(), [part]: value })).toEqual(read);
      }),
    );
    for (const part of parts) {
      const { [part]: _, ...without } = onTheWire() as Record<string, unknown>;
      expect(outcome(without), part).toMatchObject({ code: "bad-bundle" });
    }
  });

  it.each([
    ["no wallet", { wallets: [] }],
    ["a vault in the first place", { wallets: [bundle.wallets[1]] }],
    ["a key of zero", { wallets: [{ name: "w", kind: "client", key: `0x${"00".repeat(32)}` }] }],
    ["a negative number", { sequence: -1 }],
    ["a later format", { format: "cairn-recovery-2" }],
    ["a short lookup key", { lookupKey: "AAAA" }],
  ])("refuses %s", (_, part) => {
    expect(outcome({ ...onTheWire(), ...part })).toMatchObject({ code: "bad-bundle", kind: "corrupt" });
  });
});

describe("a bundle's blocks", () => {
  it.each([1, 1_048_576, 2_500_000])("give back %i bytes, each held against its CID", async (length) => {
    const encrypted = crypto.randomBytes(length);
    const { root, held } = await scanned(await carOfBundle(encrypted));
    const getBlocks = async function* (cids: readonly CID[]) {
      for (const cid of cids) yield held.get(cid.toString())!;
    };
    expect(Buffer.compare(await readEncrypted(getBlocks, root), encrypted)).toBe(0);
    const lying = async function* (cids: readonly CID[]) {
      for await (const bytes of getBlocks(cids)) yield bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
    };
    await expect(readEncrypted(lying, root)).rejects.toMatchObject({ code: "bad-bundle" });
    await expect(readEncrypted(async function* () {}, root)).rejects.toMatchObject({ code: "bad-bundle" });
  });
});

async function scanned(car: Uint8Array) {
  const scan = await scanCar(
    (async function* () {
      yield car;
    })(),
  );
  const held = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of scan.blocks) held.set(cid.toString(), bytes.slice());
  return { root: scan.roots[0]!.toString(), held };
}

function outcome(value: unknown): RecoveryBundle | CairnError {
  try {
    return parseBundle(value);
  } catch (error) {
    if (error instanceof CairnError) return error;
    throw error;
  }
}
