import { CairnError } from "@cairn/protocol/errors";
import { decode } from "@ipld/dag-cbor";
import { bytesToHex } from "@noble/hashes/utils";
import { CID } from "multiformats/cid";
import { MAX_BLOCK_BYTES } from "../car/format.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { bytesOfName, isEscaped, nameFault, nameOfBytes } from "../walk/names.ts";
import { KINDS, LAYOUTS, type Layout, MAX_SECONDS, type Manifest, type ManifestEntry } from "./manifest.ts";
import { typeCountsOf } from "./type-counts.ts";

const MAX_DECODED_MANIFEST_BYTES = 1_073_741_824;
const MAX_ENTRIES = 10_000_000;
const MAX_PIECES = 1_000_000;
const MAX_NAME = 1024;
const MAX_TARGET = 4096;
const MAX_LINKS = 8192;

function bad(what: string, cause?: unknown): CairnError {
  return new CairnError(`the manifest is not valid: ${what}`, {
    code: "corrupt-manifest",
    kind: "corrupt",
    next: "Fetch the manifest again from another provider.",
    cause,
  });
}

function integer(value: unknown, what: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max)
    throw bad(`${what} is out of range`);
  return value;
}

function bytesOf(value: unknown, what: string, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw bad(`${what} is not ${length} bytes`);
  return value;
}

function textOf(value: unknown, what: string, maxBytes: number): string {
  const text = value instanceof Uint8Array ? nameOfBytes(value) : value;
  const bytes = value instanceof Uint8Array ? value.length : bytesOfName(String(text)).length;
  if (typeof text !== "string" || bytes > maxBytes || (text === value && isEscaped(text)))
    throw bad(`${what} is not a name`);
  return text;
}

function profileOf(value: unknown): DagProfile {
  if (!Array.isArray(value) || value.length !== 3) throw bad("its profile is not three numbers");
  return {
    chunk: integer(value[0], "its leaf size", 1, MAX_BLOCK_BYTES / 2),
    links: integer(value[1], "its number of links", 2, MAX_LINKS),
    shardAbove: integer(value[2], "its directory limit", 0),
  };
}

function entryOf(value: unknown, index: number, earlier: ManifestEntry[]): ManifestEntry {
  if (!Array.isArray(value)) throw bad(`entry ${index} is not a list`);
  const kind = KINDS[integer(value[0], `the kind of entry ${index}`, 0, KINDS.length - 1)];
  const parent = integer(value[1], `the parent of entry ${index}`, 0, Math.max(0, index - 1));
  if (index > 0 && earlier[parent]?.kind !== "directory") throw bad(`entry ${index} does not lie in a directory`);
  const name = textOf(value[2], `the name of entry ${index}`, MAX_NAME);
  const fault = nameFault(bytesOfName(name));
  if (fault !== undefined) throw bad(`the name of entry ${index} ${fault}`);
  const common = {
    parent,
    name,
    mode: integer(value[3], `the mode of entry ${index}`, 0, 0o7777),
    seconds: integer(value[4], `the time of entry ${index}`, -MAX_SECONDS, MAX_SECONDS),
    nanoseconds: integer(value[5], `the time of entry ${index}`, 0, 999_999_999),
  };
  const length = { directory: 6, file: 9, symlink: 7 }[kind ?? "directory"];
  if (value.length !== length) throw bad(`entry ${index} has ${value.length} fields`);
  if (kind === "file") {
    const size = integer(value[6], `the size of entry ${index}`, 0, 2 ** 50);
    const stored = integer(value[7], `the stored size of entry ${index}`, 0, 2 ** 51);
    return { kind, ...common, size, stored, digest: bytesOf(value[8], `the digest of entry ${index}`, 32) };
  }
  if (kind !== "symlink") return { kind: "directory", ...common };
  const target = textOf(value[6], `the target of entry ${index}`, MAX_TARGET);
  if (target === "" || target.includes("\0")) throw bad(`the target of entry ${index} is not a path`);
  return { kind, ...common, target };
}

function entriesOf(value: unknown, layout: Layout): ManifestEntry[] {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) throw bad("its entries are not a list of sane length");
  if ((layout === "car") !== (value.length === 0)) throw bad("its entries do not fit its layout");
  const entries: ManifestEntry[] = [];
  const names = new Set<string>();
  for (const [index, item] of value.entries()) {
    const entry = entryOf(item, index, entries);
    if (index === 0 && entry.kind === "symlink") throw bad("its root is a symbolic link");
    const key = `${entry.parent}/${entry.name}`;
    if (index > 0 && names.has(key)) throw bad(`entry ${index} stands twice in one directory`);
    if (index > 0) names.add(key);
    entries.push(entry);
  }
  return entries;
}

/**
 * Reads what `encodeManifest` wrote. Whatever the bytes are, the result is a tree: names are single segments, parents
 * come before their children and are directories, no name stands twice in one. Throws `corrupt-manifest`.
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MAX_DECODED_MANIFEST_BYTES) throw bad(`it is longer than ${MAX_DECODED_MANIFEST_BYTES} bytes`);
  let value: Record<string, unknown>;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw bad("it is not dag-cbor", cause);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw bad("it is not a map");
  if (value.version !== 1) throw bad(`its version ${String(value.version)} is not known to this program`);
  const layout = LAYOUTS.find((known) => known === value.layout);
  if (layout === undefined) throw bad("its layout is not known to this program");
  const root = CID.asCID(value.root);
  if (!root || root.bytes.length !== CID_BYTES) throw bad("its root is not a CID of 36 bytes");
  const pieces = value.pieces;
  if (!Array.isArray(pieces) || pieces.length === 0 || pieces.length > MAX_PIECES)
    throw bad("its pieces are not a list");
  const types = typeCountsOf(value.types);
  return {
    version: 1,
    package: bytesToHex(bytesOf(value.package, "its package id", 16)),
    name: textOf(value.name, "its name", MAX_NAME),
    created: integer(value.created, "its time", 0),
    layout,
    root,
    profile: profileOf(value.profile),
    repairKey: bytesOf(value.repairKey, "its repair key", 32),
    pieces: pieces.map((length) => integer(length, "a piece's length", 1)),
    entries: entriesOf(value.entries, layout),
    ...(types === undefined ? {} : { types }),
  };
}
