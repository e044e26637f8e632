import { CairnError, type Quote } from "@cairn/protocol";
import { fieldsOf, MAX_RAW_LENGTH } from "@cairn/transport";
import { decode } from "@ipld/dag-cbor";

/** Most pieces of a package, and shards of a piece. */
const MAX_PIECES = 100_000;
const MAX_SHARDS = 255;

function wrong(why: string, cause?: unknown): CairnError {
  return new CairnError(`the commitment document does not fit the deal: ${why}`, {
    code: "wrong-commitment",
    kind: "corrupt",
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Check that a commitment document (docs/protocol.md, 1), whose hash is already known to be right, says of the quote's slot what the quote says.
 * @throws CairnError `wrong-commitment`
 */
export function checkDocument(bytes: Uint8Array, quote: Quote): { manifest: { sha256: string; size: number } } {
  let document: unknown;
  try {
    document = decode(bytes);
  } catch (cause) {
    throw wrong("it is not dag-cbor", cause);
  }
  try {
    const fields = fieldsOf("document", document);
    fields.integer("version", 1, 1);
    const piece = fields.list("pieces", MAX_PIECES)[quote.piece];
    const shard = piece?.list("shards", MAX_SHARDS)[quote.shard];
    if (fields.address("owner") !== quote.owner) throw wrong("another owner");
    if (shard === undefined) throw wrong("it has no such shard");
    if (shard.hex32("commitment") !== quote.commitment) throw wrong("another commitment");
    if (BigInt(shard.integer("rawLength", 1, MAX_RAW_LENGTH)) !== quote.rawLength) throw wrong("another length");
    const manifest = fields.object("manifest");
    return { manifest: { sha256: manifest.hex32("sha256"), size: manifest.integer("size", 0, 2 ** 40) } };
  } catch (cause) {
    if (cause instanceof CairnError && cause.code === "wrong-commitment") throw cause;
    throw wrong("it is not a version 1 document", cause);
  }
}
