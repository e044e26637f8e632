import { asCairnError, CairnError, type CommitmentDocument, MAX_MANIFEST_BYTES, type Quote } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";

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
export function checkDocument(bytes: Uint8Array, quote: Quote): Pick<CommitmentDocument, "manifest"> {
  let document: CommitmentDocument;
  try {
    document = decodeDocument(bytes);
  } catch (cause) {
    throw wrong(asCairnError(cause).message, cause);
  }
  const shard = document.pieces[quote.piece]?.shards[quote.shard];
  if (document.owner !== quote.owner) throw wrong("another owner");
  if (shard === undefined) throw wrong("it has no such shard");
  if (shard.commitment !== quote.commitment) throw wrong("another commitment");
  if (BigInt(shard.rawLength) !== quote.rawLength) throw wrong("another length");
  if (document.manifest.size > MAX_MANIFEST_BYTES) throw wrong("its manifest is longer than any that is kept");
  return { manifest: document.manifest };
}
