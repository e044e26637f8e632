import {
  MAX_DOCUMENT_BYTES,
  MAX_MANIFEST_BYTES,
  MAX_SHARD_BYTES,
  messageFromJson,
  messageToJson,
  type ProviderReplies,
} from "@cairn/protocol";
import { type Fields, fieldsOf } from "./fields.ts";
import { CONTROL_MESSAGE_BYTES, MAX_DAMAGE_RANGES } from "./limits.ts";

/** Answers as they cross the wire: a manifest's and a read's bytes go their own way, only their sizes are answered. */
export interface WireReplies extends Omit<ProviderReplies, "manifest"> {
  manifest: { documentSize: number; manifestSize: number };
  read: { sent: number };
}

export function replyToJson<T extends keyof WireReplies>(type: T, reply: WireReplies[T]): Record<string, unknown> {
  if (type === "quote") {
    const { quote, signature } = reply as WireReplies["quote"];
    return { quote: messageToJson<"Quote">(quote), signature };
  }
  if (type === "scrub") {
    // Every reply's own "ok" says that the request was answered, so a scrub's finding is its list of damage.
    const { damage, checkedBytes } = reply as WireReplies["scrub"];
    return { damage, checkedBytes };
  }
  return { ...reply };
}

const PARSERS: { [T in keyof WireReplies]: (fields: Fields) => WireReplies[T] } = {
  quote: (fields) => ({
    quote: messageFromJson("Quote", fields.raw("quote")),
    signature: fields.signature("signature"),
  }),
  store: (fields) => ({ receipt: fields.signature("receipt") }),
  prove: (fields) => ({
    proof: fields.bytes("proof", CONTROL_MESSAGE_BYTES).toString("base64"),
    signature: fields.signature("signature"),
  }),
  scrub: (fields) => {
    const damage = fields.list("damage", MAX_DAMAGE_RANGES).map((range) => ({
      offset: range.integer("offset", 0, MAX_SHARD_BYTES),
      length: range.integer("length", 1, MAX_SHARD_BYTES),
    }));
    return { ok: damage.length === 0, damage, checkedBytes: fields.integer("checkedBytes", 0, MAX_SHARD_BYTES) };
  },
  discard: (fields) => ({ discarded: fields.flag("discarded") }),
  manifest: (fields) => ({
    documentSize: fields.integer("documentSize", 1, MAX_DOCUMENT_BYTES),
    manifestSize: fields.integer("manifestSize", 0, MAX_MANIFEST_BYTES),
  }),
  read: (fields) => ({ sent: fields.integer("sent", 0, MAX_SHARD_BYTES) }),
};

/** Parse an untrusted answer as a gateway receives it. @throws CairnError `bad-message` naming the field. */
export function replyFromJson<T extends keyof WireReplies>(type: T, json: unknown): WireReplies[T] {
  return PARSERS[type](fieldsOf(type, json));
}
