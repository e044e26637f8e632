import {
  type DealId,
  type Hex,
  MAX_DOCUMENT_BYTES,
  MAX_MANIFEST_BYTES,
  messageFromJson,
  messageToJson,
  type Quote,
} from "@cairn/protocol";
import { fieldsOf } from "@cairn/protocol/wire";

/** A shard that is whole and durable on this disk, with what travels beside it. */
export interface HeldShard {
  deal: DealId;
  quote: Quote;
  /** CommP root that the bytes had when they were written. */
  commitment: Hex;
  rawLength: number;
  document: { size: number };
  manifest: { sha256: Hex; size: number };
  /** Holds `shard`, `tree`, `document`, `manifest` and `meta.json`. */
  directory: string;
}

export function heldToJson(held: HeldShard): string {
  const { deal, quote, document, manifest } = held;
  return `${JSON.stringify({ version: 1, deal, quote: messageToJson<"Quote">(quote), document, manifest }, null, 2)}\n`;
}

/** @throws CairnError `bad-message` when `text` is no meta.json of version 1 */
export function heldFromJson(text: string, directory: string): HeldShard {
  const fields = fieldsOf("meta", JSON.parse(text));
  fields.integer("version", 1, 1);
  const quote = messageFromJson("Quote", fields.raw("quote"));
  const manifest = fields.object("manifest");
  return {
    deal: fields.hex32("deal"),
    quote,
    commitment: quote.commitment,
    rawLength: Number(quote.rawLength),
    document: { size: fields.object("document").integer("size", 1, MAX_DOCUMENT_BYTES) },
    manifest: { sha256: manifest.hex32("sha256"), size: manifest.integer("size", 0, MAX_MANIFEST_BYTES) },
    directory,
  };
}
