import type { Quote } from "../typed-data.ts";
import { messageFromJson, messageToJson } from "../typed-json.ts";
import { type Hex, MAX_DOCUMENT_BYTES, MAX_MANIFEST_BYTES, MAX_SHARD_BYTES } from "../words.ts";
import { toBase64 } from "./base64.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { CONTROL_MESSAGE_BYTES, MAX_DAMAGE_RANGES } from "./limits.ts";
import type { ProviderRequest } from "./requests.ts";

/** What a provider answers. Every reply's own "ok" says that the request was answered: a scrub's finding is its list of damage. */
export interface ProviderReplies {
  quote: { quote: Quote; signature: Hex };
  store: { receipt: Hex };
  prove: { proof: string; signature: Hex };
  scrub: { damage: { offset: number; length: number }[]; checkedBytes: number };
  discard: { discarded: boolean };
  manifest: { document: string; manifest: string };
}

export type ProviderReply<R extends ProviderRequest> = ProviderReplies[R["type"]];

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
  return { ...reply };
}

const PARSERS: { [T in keyof WireReplies]: (fields: Fields) => WireReplies[T] } = {
  quote: (fields) => ({
    quote: messageFromJson("Quote", fields.raw("quote")),
    signature: fields.signature("signature"),
  }),
  store: (fields) => ({ receipt: fields.signature("receipt") }),
  prove: (fields) => ({
    proof: toBase64(fields.bytes("proof", CONTROL_MESSAGE_BYTES)),
    signature: fields.signature("signature"),
  }),
  scrub: (fields) => {
    const damage = fields.list("damage", MAX_DAMAGE_RANGES).map((range) => ({
      offset: range.integer("offset", 0, MAX_SHARD_BYTES),
      length: range.integer("length", 1, MAX_SHARD_BYTES),
    }));
    return { damage, checkedBytes: fields.integer("checkedBytes", 0, MAX_SHARD_BYTES) };
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
