import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { crypto } from "#crypto";
import type { Quote } from "./typed-data.ts";
import { messageToJson } from "./typed-json.ts";
import type { Hex } from "./words.ts";

/** sha2-256, in the table of multicodecs. */
const SHA2_256 = 0x12;

/** What provider and owner agreed on: the parts of a deal that its CID stands for. */
export interface DealProposal {
  quote: Quote;
  /** The provider's, of the quote. */
  signature: Hex;
  /** Digest of the mandate that the owner signed (`digestOf("Mandate", …)`). */
  mandateHash: Hex;
}

/**
 * CID of a deal (version 1, dag-cbor, sha2-256): of the map `{mandate, quote, signature}`, whose quote stands as in JSON (docs/protocol.md, 2): hex in
 * lower case, integers wider than 32 bits as decimal text. Anybody who has the three can compute it.
 */
export function dealCidOf({ quote, signature, mandateHash }: DealProposal): string {
  const json = Object.fromEntries(
    Object.entries(messageToJson<"Quote">(quote)).map(([name, value]) => [
      name,
      typeof value === "string" ? value.toLowerCase() : value,
    ]),
  );
  const bytes = dagCbor.encode({
    mandate: mandateHash.toLowerCase(),
    quote: json,
    signature: signature.toLowerCase(),
  });
  return CID.createV1(dagCbor.code, Digest.create(SHA2_256, crypto.sha256(bytes))).toString();
}
