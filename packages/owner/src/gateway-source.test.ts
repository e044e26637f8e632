import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccountKey,
  decryptManifest,
  exportPublicKey,
  generateAccountKey,
  packForOwner,
  readRecipientKey,
  walkFolder,
} from "@cairn/archive";
import type { VaultUploadJson } from "@cairn/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewaySource } from "./gateway-source.ts";

const ID = "ab".repeat(16);
const repairKey = new Uint8Array(32).fill(5);
const { signal } = new AbortController();
const clock = { sleep: async () => undefined };
const directory = mkdtempSync(join(tmpdir(), "cairn-there-"));
const tree = join(directory, "tree");
let key: AccountKey;
beforeAll(async () => {
  key = await generateAccountKey({ name: "Owner" });
  mkdirSync(tree);
  writeFileSync(join(tree, "file"), "of the gateway's machine");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function draftOf(to: AccountKey, packageId = ID, layout: "private" | "plain" = "private"): Promise<Uint8Array> {
  return packForOwner({
    ...{ owner: await readRecipientKey(exportPublicKey(to)), walked: await walkFolder(tree), packageId, layout },
    ...{ pieceLimit: 1_000_000, sink: { write: () => undefined, cut: () => undefined } },
  });
}

/** A gateway that says these in turn, the last for ever. */
async function packed(says: Partial<VaultUploadJson>[], draft: Uint8Array) {
  const begun: unknown[] = [];
  const answers = says.map((one) => ({
    ...{ path: tree, state: "running", files: 0, done: 0, total: 0, skipped: 0, error: null },
    ...one,
  }));
  const next = async () => (answers.length > 1 ? answers.shift()! : answers[0]!);
  const gateway = {
    vault: {
      list: async () => ({ folders: [directory], path: null, entries: [], left: 0 }),
      begin: async (id: string, body: object) => {
        begun.push({ id, ...body });
        return next();
      },
      upload: next,
    },
    manifest: async () =>
      (async function* () {
        yield draft;
      })(),
  };
  const told: [number, number][] = [];
  const source = gatewaySource({ gateway, clock, path: tree, name: "called" });
  const listed = await source.list(signal);
  const result = await listed.pack({
    ...{
      from: [],
      layout: "private",
      key,
      packageId: ID,
      name: "called",
      created: 7,
      repairKey,
      pieceLimit: 1_000_000,
    },
    ...{ sink: { write: () => undefined, cut: () => undefined }, signal },
    onProgress: (done, total) => told.push([done, total]),
  });
  return { result, told, begun, listed };
}

describe("a folder that the gateway packs", () => {
  it("is followed to its end, and named and signed here", async () => {
    const busy = { code: "busy", kind: "unavailable", message: "later" };
    const says = [
      { state: "queued" },
      { done: 5, total: 24 },
      { state: "queued", error: busy },
      { state: "done", done: 24 },
    ];
    const { result, told, begun, listed } = await packed(says, await draftOf(key));
    expect(listed).toMatchObject({ there: tree, bytes: 0 });
    expect(begun).toEqual([
      { id: ID, path: tree, layout: "private", pieceLimit: 1_000_000, publicKey: exportPublicKey(key) },
    ]);
    expect(told).toContainEqual([5, 24]);
    const manifest = await decryptManifest(result.manifest, key);
    expect(manifest).toMatchObject({ package: ID, name: "called", created: 7, repairKey });
    expect(result).toMatchObject({ files: 1, bytes: 24, root: manifest.root });
  });

  it("is refused where the operator named no folder above it", async () => {
    const gateway = { vault: { list: async () => ({ folders: [`${tree}/x`], path: null, entries: [], left: 0 }) } };
    for (const path of [tree, `${tree}/xy`, "x"])
      await expect(
        gatewaySource({ gateway: gateway as never, clock, path, name: "n" }).list(signal),
      ).rejects.toMatchObject({ code: "path-not-allowed" });
  });

  it.each([
    [
      "that failed",
      { state: "failed", error: { code: "path-stalled", kind: "conflict", message: "m" } },
      "path-stalled",
    ],
    [
      "whose limit is used up",
      { state: "queued", error: { code: "limit-reached", kind: "exhausted", message: "m" } },
      "limit-reached",
    ],
    ["that was cancelled", { state: "cancelled" }, "interrupted"],
    ["of another path", { path: "/etc", state: "done" }, "gateway-lies"],
  ])("is not signed as one %s", async (_, says, code) => {
    await expect(packed([says], await draftOf(key))).rejects.toMatchObject({ code });
  });

  it.each([
    ["another package's", () => draftOf(key, "cd".repeat(16)), "gateway-lies"],
    ["of another layout", () => draftOf(key, ID, "plain"), "gateway-lies"],
    ["for another key", async () => draftOf(await generateAccountKey({ name: "Other" })), "wrong-key"],
    ["no draft", async () => Buffer.from("nothing"), "wrong-key"],
  ])("is not signed where the draft is %s", async (_, draft, code) => {
    await expect(packed([{ state: "done" }], await draft())).rejects.toMatchObject({ code });
  });
});
