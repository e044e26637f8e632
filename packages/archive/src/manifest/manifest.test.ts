import { randomBytes } from "node:crypto";
import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import * as openpgp from "openpgp";
import { describe, expect, it } from "vitest";
import { generateAccountKey } from "../keys/account-key.ts";
import { cidOf, DAG_PB } from "../unixfs/links.ts";
import { UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import { nameFault, nameOfBytes } from "../walk/names.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { openDraft } from "./draft.ts";
import { encodeManifest } from "./encode-manifest.ts";
import { decryptManifest, encryptManifest } from "./encrypt-manifest.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";

const common = { mode: 0o644, seconds: 1_763_000_000, nanoseconds: 123_456_789 };

function manifestOf(entries: ManifestEntry[]): Manifest {
  return {
    version: 1,
    package: "00112233445566778899aabbccddeeff",
    name: "Ümläut \u{1f600}",
    created: 1_763_000_000,
    layout: entries.length === 0 ? "car" : "private",
    root: cidOf({ codec: DAG_PB, digest: new Uint8Array(randomBytes(32)) }),
    profile: UNIXFS_V1_2025,
    repairKey: new Uint8Array(randomBytes(32)),
    pieces: [1_065_353_216, 100],
    entries,
  };
}

function folderOf(files: number): ManifestEntry[] {
  const entries: ManifestEntry[] = [{ kind: "directory", parent: 0, name: "root", ...common }];
  for (let index = 1; index <= files; index++) {
    entries.push({
      kind: "file",
      parent: 0,
      name: `file number ${index}.txt`,
      ...common,
      size: index,
      stored: index + 100,
      digest: new Uint8Array(32).fill(index),
    });
  }
  return entries;
}

const anyEntries = fc
  .array(
    fc.record({
      kind: fc.constantFrom("directory", "file", "symlink"),
      up: fc.nat(),
      name: fc.uint8Array({ minLength: 1, maxLength: 20 }).filter((bytes) => nameFault(bytes) === undefined),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      seconds: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
      size: fc.nat(),
      digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    }),
    { maxLength: 30 },
  )
  .map((given) => {
    const entries: ManifestEntry[] = [{ kind: "directory", parent: 0, name: "root", ...common }];
    const seen = new Set<string>();
    for (const { kind, up, name, mode, seconds, nanoseconds, size, digest } of given) {
      const folders = entries.flatMap((entry, index) => (entry.kind === "directory" ? [index] : []));
      const shared = { parent: folders[up % folders.length] ?? 0, name: nameOfBytes(name), mode, seconds, nanoseconds };
      if (seen.has(`${shared.parent}/${shared.name}`)) continue;
      seen.add(`${shared.parent}/${shared.name}`);
      if (kind === "file") entries.push({ kind, ...shared, size, stored: size + 1, digest });
      else if (kind === "symlink") entries.push({ kind, ...shared, target: shared.name });
      else entries.push({ kind: "directory", ...shared });
    }
    return entries;
  });

describe("manifest", () => {
  it("encodes nothing that it does not decode", () => {
    const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(2 ** 52, 2 ** 52 + 1, -(2 ** 52) - 1));
    fc.assert(
      fc.property(number, number, number, (seconds, nanoseconds, mode) => {
        const manifest = manifestOf([{ kind: "directory", parent: 0, name: "root", mode, seconds, nanoseconds }]);
        const holds = (value: number, min: number, max: number) => value >= min && value <= max;
        const fits =
          holds(seconds, -(2 ** 52), 2 ** 52) && holds(nanoseconds, 0, 999_999_999) && holds(mode, 0, 0o7777);
        if (fits) expect(decodeManifest(encodeManifest(manifest)).entries).toEqual(manifest.entries);
        else expect(() => encodeManifest(manifest)).toThrow(expect.objectContaining({ code: "corrupt-manifest" }));
      }),
    );
    for (const seconds of [2 ** 52, -(2 ** 52)]) {
      const manifest = manifestOf([{ kind: "directory", parent: 0, name: "root", ...common, seconds }]);
      expect(decodeManifest(encodeManifest(manifest)).entries[0]?.seconds).toBe(seconds);
    }
    const late = manifestOf([{ kind: "directory", parent: 0, name: "root", ...common, seconds: 2 ** 52 + 1 }]);
    expect(() => encodeManifest(late)).toThrow("time of entry 0");
  });

  it("of any tree comes back as it was", () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const manifest = manifestOf(entries);
        expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
      }),
      { numRuns: 300 },
    );
    expect(decodeManifest(encodeManifest(manifestOf([])))).toMatchObject({ layout: "car", entries: [] });
  });

  it("of any bytes is a tree or an error", () => {
    const valid = encodeManifest(manifestOf(folderOf(3)));
    const changed = fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, value]) => {
      const bytes = Uint8Array.from(valid);
      bytes[at % bytes.length] = value;
      return bytes;
    });
    const check = (bytes: Uint8Array): void => {
      try {
        const { entries } = decodeManifest(bytes);
        const paths = new Set<string>();
        for (const [index, entry] of entries.entries()) {
          expect(nameFault(Buffer.from(entry.name))).toBeUndefined();
          if (index === 0) continue;
          expect(entry.parent).toBeLessThan(index);
          expect(entries[entry.parent]?.kind).toBe("directory");
          paths.add(`${entry.parent}/${entry.name}`);
        }
        expect(paths.size).toBe(Math.max(0, entries.length - 1));
      } catch (error) {
        expect(error).toMatchObject({ code: "corrupt-manifest" });
      }
    };
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), check), { numRuns: 3000 });
  });

  it("that describes no tree is refused", () => {
    const [root, file] = folderOf(1) as [ManifestEntry, ManifestEntry];
    const link: ManifestEntry = { kind: "symlink", parent: 0, name: "link", ...common, target: "/etc" };
    const bad: ManifestEntry[][] = [
      [root, { ...file, name: ".." }],
      [root, { ...file, name: "a/b" }],
      [root, { ...file, name: "" }],
      [root, { ...file, name: "n\0" }],
      [root, { ...file, name: "x".repeat(256) }],
      [root, file, file],
      [root, file, { ...file, parent: 1, name: "below a file" }],
      [root, link, { ...file, parent: 1, name: "below a link" }],
      [root, { ...file, parent: 1 }],
      [root, { ...file, parent: 7 }],
      [root, { ...file, parent: -1 }],
      [root, { ...file, mode: 0o10000 }],
      [root, { ...file, nanoseconds: 1_000_000_000 }],
      [root, { ...file, size: -1 } as ManifestEntry],
      [root, { ...file, size: 1.5 } as ManifestEntry],
      [root, { ...file, digest: new Uint8Array(31) } as ManifestEntry],
      [root, { ...link, target: "" } as ManifestEntry],
      [root, { ...link, target: "a\0b" } as ManifestEntry],
      [link],
    ];
    for (const entries of bad) {
      expect(() => encodeManifest(manifestOf(entries))).toThrowError(
        expect.objectContaining({ code: "corrupt-manifest", next: expect.stringContaining("--exclude") }),
      );
    }
    for (const change of [
      { version: 2 },
      { layout: "other" },
      { repairKey: new Uint8Array(5) },
      { pieces: [] },
      { profile: { chunk: 0, links: 2, shardAbove: 1 } },
      { package: "00" },
    ]) {
      const manifest = { ...manifestOf(folderOf(1)), ...change } as unknown as Manifest;
      expect(() => decodeManifest(encodeManifest(manifest))).toThrowError(
        expect.objectContaining({ code: "corrupt-manifest" }),
      );
    }
    expect(() => decodeManifest(encode({ version: 1 }))).toThrowError(
      expect.objectContaining({ code: "corrupt-manifest" }),
    );
  });

  it("is sealed to its owner and signed by it", async () => {
    const [key, other] = [await generateAccountKey({ name: "A" }), await generateAccountKey({ name: "B" })];
    const manifest = manifestOf(folderOf(5));
    const sealed = await encryptManifest(manifest, key);
    expect(await decryptManifest(sealed, key)).toEqual(manifest);
    expect(Buffer.from(sealed).includes("file number")).toBe(false);
    await expect(decryptManifest(sealed, other)).rejects.toMatchObject({ code: "wrong-key" });
    const message = await openpgp.createMessage({ binary: encodeManifest(manifest) });
    const unsigned = await openpgp.encrypt({ message, encryptionKeys: key.publicKey, format: "binary" });
    await expect(decryptManifest(unsigned, key)).rejects.toMatchObject({ code: "wrong-key" });
    const forged = await openpgp.encrypt({
      message,
      encryptionKeys: key.publicKey,
      signingKeys: other.privateKey,
      format: "binary",
    });
    await expect(decryptManifest(forged, key)).rejects.toMatchObject({ code: "wrong-key" });
    for (let at = 0; at < sealed.length; at += 29) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 4;
      await expect(decryptManifest(changed, key)).rejects.toMatchObject({ name: "CairnError" });
    }
  });

  it("that is compressed is refused before it grows", async () => {
    const key = await generateAccountKey({ name: "A" });
    const bomb = await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: new Uint8Array(64_000_000) }),
      encryptionKeys: key.publicKey,
      signingKeys: key.privateKey,
      format: "binary",
      config: { preferredCompressionAlgorithm: openpgp.enums.compression.zlib, aeadProtect: false },
    });
    expect(bomb.length).toBeLessThan(100_000);
    const opening = { read: decryptManifest(bomb, key), draft: openDraft(bomb, key) };
    await expect(opening.read).rejects.toMatchObject({
      code: "corrupt-manifest",
      cause: { message: expect.stringContaining("Maximum decompressed message size exceeded") },
    });
    await expect(opening.draft).rejects.toMatchObject({
      cause: { message: expect.stringContaining("Maximum decompressed message size exceeded") },
    });
  });

  it("of 100,000 files stays small", async () => {
    const key = await generateAccountKey({ name: "A" });
    const manifest = manifestOf(folderOf(100_000));
    const sealed = await encryptManifest(manifest, key);
    expect((await decryptManifest(sealed, key)).entries.length).toBe(100_001);
    expect(sealed.length).toBeLessThan(10_000_000);
  });
});
