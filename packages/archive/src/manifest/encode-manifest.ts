import { CairnError } from "@cairn/protocol/errors";
import { encode } from "@ipld/dag-cbor";
import { hexToBytes } from "@noble/hashes/utils";
import { bytesOfName, isEscaped } from "../walk/names.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { KINDS, type Manifest, type ManifestEntry } from "./manifest.ts";

/** A name as text, or as bytes when it is not UTF-8. */
function textOrBytes(name: string): string | Uint8Array {
  return isEscaped(name) ? bytesOfName(name) : name;
}

function tupleOf(entry: ManifestEntry): unknown[] {
  const common = [
    KINDS.indexOf(entry.kind),
    entry.parent,
    textOrBytes(entry.name),
    entry.mode,
    entry.seconds,
    entry.nanoseconds,
  ];
  if (entry.kind === "file") return [...common, entry.size, entry.stored, new Uint8Array(entry.digest)];
  return entry.kind === "symlink" ? [...common, textOrBytes(entry.target)] : common;
}

/**
 * The manifest as dag-cbor. Each entry is a tuple: kind (0 directory, 1 file, 2 symbolic link), parent, name, mode,
 * seconds, nanoseconds; then for a file size, stored size, digest, and for a link its target.
 * Reads back what it wrote, so that nothing is stored that could not be opened: throws what `decodeManifest` throws.
 */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const bytes = encode({
    version: manifest.version,
    package: hexToBytes(manifest.package),
    name: textOrBytes(manifest.name),
    created: manifest.created,
    layout: manifest.layout,
    root: manifest.root,
    profile: [manifest.profile.chunk, manifest.profile.links, manifest.profile.shardAbove],
    repairKey: new Uint8Array(manifest.repairKey),
    pieces: manifest.pieces,
    entries: manifest.entries.map(tupleOf),
    ...(manifest.types === undefined ? {} : { types: manifest.types }),
  });
  try {
    decodeManifest(bytes);
  } catch (cause) {
    if (!(cause instanceof CairnError)) throw cause;
    throw new CairnError(`the list of files cannot be stored: ${cause.message}`, {
      code: cause.code,
      kind: "corrupt",
      details: cause.details,
      cause,
      next: "Nothing was stored: leave out what is named with `--exclude` and put the rest; please report it.",
    });
  }
  return bytes;
}
