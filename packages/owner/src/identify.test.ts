import { createHash, randomBytes } from "node:crypto";
import type { Manifest } from "@cairn/archive";
import type { PackageDetailJson } from "@cairn/client";
import type { PackageRecord } from "@cairn/core";
import type { Address, CommitmentDocument, Hex } from "@cairn/protocol";
import { shardsRoot } from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { describe, expect, it } from "vitest";
import { checkDetail, checkDocument, checkIdentity, checkManifest, checkOwnership } from "./identify.ts";
import type { KnownPackage } from "./known-packages.ts";
import { encryptLabel } from "./labels.ts";

const hex = (bytes: number): Hex => `0x${randomBytes(bytes).toString("hex")}`;
const owner: Address = hex(20);
const account = { lookupKey: randomBytes(32) };
const encrypted = randomBytes(500);
const lengths = [21_000, 400];

function packageOf(id: string, name: string) {
  const document: CommitmentDocument = {
    version: 1,
    package: id,
    owner,
    root: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
    k: 2,
    n: 4,
    erasure: "rs-cauchy-gf256-v1",
    mask: "aes-256-ctr-v1",
    pieces: lengths.map((length) => ({
      length,
      commP: `${hex(31)}00`,
      shards: Array.from({ length: 4 }, () => ({ commitment: hex(32), rawLength: Math.ceil(length / 254) * 127 })),
    })),
    manifest: { sha256: `0x${createHash("sha256").update(encrypted).digest("hex")}`, size: encrypted.length },
  };
  const { bytes, documentHash } = encodeDocument(document);
  const detail: PackageDetailJson = {
    id,
    state: "STORED",
    label: encryptLabel(account, id, { name, files: 1, bytes: 1 }),
    layout: "private",
    public: false,
    hot: false,
    mask: "aes-256-ctr-v1",
    k: 2,
    n: 4,
    bytes: 1,
    files: 1,
    pieces: 2,
    root: document.root,
    documentHash,
    createdAt: 1,
    storedAt: 2,
    expiresAt: null,
    strength: { live: 4, needed: 2, full: 4 },
    progress: { stage: "done", done: 1, total: 1 },
    cause: null,
    next: null,
    placement: {},
    pieceList: document.pieces.map(({ length, commP }, number) => ({
      number,
      length,
      received: length,
      commP,
      pieceCid: null,
    })),
    slots: document.pieces.flatMap(({ shards }, piece) =>
      shards.map((one, shard) => ({ piece, shard, state: "ACTIVE", deal: null, provider: null, cause: null, ...one })),
    ),
    escrow: "1",
    paid: "0",
    pricePerPeriod: "1",
    reserve: "1",
    handedOver: 0,
  };
  const manifest = { package: id, root: document.root, pieces: lengths } as unknown as Manifest;
  const record = { owner, k: 2, n: 4, shardsRoot: shardsRoot(document) } as PackageRecord;
  const known: KnownPackage = {
    id,
    nameHash: hex(32),
    documentHash,
    root: document.root,
    signedAt: 1,
    ended: false,
  };
  return { document, bytes, detail, manifest, record, known };
}
type World = ReturnType<typeof packageOf>;

const asked = packageOf("ab".repeat(16), "photos");
const other = packageOf("cd".repeat(16), "letters");

/** All that `get` holds an answer against, asked for by name or by id. */
async function get(world: World, by: { name: string } | { id: string }, known?: KnownPackage): Promise<void> {
  checkIdentity(account, world.detail, by, known);
  const document = checkDocument(world.bytes, world.detail);
  checkDetail(world.detail, document);
  checkManifest(encrypted, world.manifest, document);
  await checkOwnership({ package: async () => world.record }, world.detail, document);
}

const lied = (field: string | RegExp) => ({
  code: "gateway-lies",
  details: { field: typeof field === "string" ? field : expect.stringMatching(field) },
});

describe("a package that the gateway answers", () => {
  it("is the one asked for, by name and by id, known here or not", async () => {
    await get(asked, { name: "photos" });
    await get(asked, { id: asked.detail.id }, asked.known);
  });

  it("is refused when it is another of the same owner, whatever else fits", async () => {
    await expect(get(other, { name: "photos" })).rejects.toMatchObject(lied("name"));
    await expect(get(other, { id: asked.detail.id })).rejects.toMatchObject(lied("id"));
    await expect(get(other, { id: other.detail.id }, asked.known)).rejects.toMatchObject(lied("documentHash"));
    const relabelled = { ...other, detail: { ...other.detail, label: asked.detail.label } };
    await expect(get(relabelled, { name: "photos" })).rejects.toMatchObject({ code: "wrong-key" });
    const renamed = { ...other, detail: { ...other.detail, id: asked.detail.id, label: asked.detail.label } };
    await expect(get(renamed, { name: "photos" })).rejects.toMatchObject(lied("document.package"));
    const stripped = { ...other, detail: { ...other.detail, label: null } };
    await expect(get(stripped, { name: "photos" })).rejects.toMatchObject(lied("name"));
  });

  it("is refused when it is an earlier one rolled back under the same id", async () => {
    const earlier = packageOf(asked.detail.id, "photos");
    await get(earlier, { name: "photos" });
    await expect(get(earlier, { name: "photos" }, asked.known)).rejects.toMatchObject(lied("documentHash"));
  });

  const { detail } = asked;
  const swaps: [string, Partial<PackageDetailJson>][] = [
    ["root", { root: "bafybeibozanyy2sr2be2lupckvgkmqshiq5klbim4kstygloctycjdsa6a" }],
    ["k", { k: 1 }],
    ["n", { n: 5 }],
    ["mask", { mask: "none" }],
    ["pieces", { pieces: 1 }],
    ["documentHash", { documentHash: hex(32) }],
    ["strength.needed", { strength: { ...detail.strength, needed: 1 } }],
    ["strength.full", { strength: { ...detail.strength, full: 8 } }],
    ["pieceList.length", { pieceList: detail.pieceList.slice(1) }],
    ["pieceList[0].length", { pieceList: detail.pieceList.map((p) => ({ ...p, length: p.length + 1 })) }],
    ["pieceList[0].number", { pieceList: detail.pieceList.toReversed() }],
    ["pieceList[0].commP", { pieceList: detail.pieceList.map((p) => ({ ...p, commP: hex(32) })) }],
    ["slots.length", { slots: detail.slots.slice(1) }],
    ["slots[0].commitment", { slots: detail.slots.map((s) => ({ ...s, commitment: hex(32) })) }],
    ["slots[0].rawLength", { slots: detail.slots.map((s) => ({ ...s, rawLength: 127 })) }],
    ["slots[0].piece", { slots: detail.slots.map((s) => ({ ...s, piece: 1 })) }],
    ["slots[0].shard", { slots: detail.slots.map((s) => ({ ...s, shard: s.shard + 1 })) }],
  ];
  it.each(swaps)("is refused when its %s is swapped", async (field, change) => {
    await expect(get({ ...asked, detail: { ...detail, ...change } }, { name: "photos" })).rejects.toMatchObject(
      lied(field),
    );
  });

  it.each([
    ["manifest.package", { manifest: other.manifest }],
    ["manifest.root", { manifest: { ...asked.manifest, root: "bafy" } as unknown as Manifest }],
    ["manifest.pieces", { manifest: { ...asked.manifest, pieces: [1, 2] } }],
    ["owner", { record: { ...asked.record, owner: hex(20) } }],
    ["k on chain", { record: { ...asked.record, k: 1 } }],
    ["n on chain", { record: { ...asked.record, n: 9 } }],
    ["shardsRoot on chain", { record: { ...asked.record, shardsRoot: hex(32) } }],
    ["state", { record: undefined }],
  ] as [string, Partial<World>][])("is refused when the %s is another's", async (field, change) => {
    await expect(get({ ...asked, ...change } as World, { name: "photos" })).rejects.toMatchObject(lied(field));
  });
});
