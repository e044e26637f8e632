import * as dagCbor from "@ipld/dag-cbor";
import { crypto } from "#crypto";
import type { CommitmentDocument } from "./commitments.ts";
import { CairnError } from "./errors.ts";
import { toHex } from "./hex.ts";
import { type Hex, MAX_DOCUMENT_BYTES } from "./words.ts";

/** dag-cbor of a commitment document and its sha256, the document hash (docs/protocol.md, 1). */
export function encodeDocument(document: CommitmentDocument): { bytes: Uint8Array; documentHash: Hex } {
  const bytes = dagCbor.encode(document);
  return { bytes, documentHash: hashDocument(bytes) };
}

export function hashDocument(bytes: Uint8Array): Hex {
  return toHex(crypto.sha256(bytes));
}

/**
 * Parse bytes that anyone may have sent.
 * @throws CairnError `bad-document` unless they are the only encoding of a document whose parts fit each other
 */
export function decodeDocument(bytes: Uint8Array): CommitmentDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES) throw bad(`it has more than ${MAX_DOCUMENT_BYTES} bytes`);
  let value: unknown;
  try {
    value = dagCbor.decode(bytes);
  } catch (cause) {
    throw bad("it is not dag-cbor", cause);
  }
  const document = (value ?? {}) as Partial<CommitmentDocument>;
  const { k, n, pieces } = document;
  const whole = (number: unknown, min: number, max: number) =>
    Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max;
  const hash = (text: unknown, digits: number) =>
    typeof text === "string" && new RegExp(`^0x[0-9a-f]{${digits}}$`).test(text);
  const wellFormed =
    typeof value === "object" &&
    value !== null &&
    document.version === 1 &&
    typeof document.package === "string" &&
    /^[0-9a-f]{32}$/.test(document.package) &&
    hash(document.owner, 40) &&
    typeof document.root === "string" &&
    document.root.length <= 128 &&
    whole(n, 1, 255) &&
    whole(k, 1, n as number) &&
    document.erasure === "rs-cauchy-gf256-v1" &&
    (document.mask === "aes-256-ctr-v1" || document.mask === "none") &&
    hash(document.manifest?.sha256, 64) &&
    whole(document.manifest?.size, 0, Number.MAX_SAFE_INTEGER) &&
    Array.isArray(pieces) &&
    pieces.length > 0 &&
    pieces.every(
      (piece) =>
        whole(piece?.length, 1, 2 ** 40) &&
        isRoot(piece?.commP) &&
        Array.isArray(piece?.shards) &&
        piece.shards.length === n &&
        piece.shards.every(
          (shard) =>
            hash(shard?.commitment, 64) && shard.rawLength === Math.ceil(piece.length / ((k as number) * 127)) * 127,
        ),
    );
  if (!wellFormed) throw bad("its parts do not fit each other");
  if (!same(dagCbor.encode(value), bytes)) throw bad("it is not in its only encoding");
  return value as CommitmentDocument;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Of a Merkle tree over field elements of 254 bits: the last byte's top two are clear (packages/proofs, piece-cid.ts). */
const isRoot = (text: unknown): boolean => typeof text === "string" && /^0x[0-9a-f]{62}[0-3][0-9a-f]$/.test(text);

function bad(why: string, cause?: unknown): CairnError {
  return new CairnError(`this is no commitment document: ${why}`, {
    code: "bad-document",
    kind: "corrupt",
    next: "Fetch it from another provider.",
    cause,
  });
}
