import type { Quote, Signed } from "../typed-data.ts";
import { messageFromJson, messageToJson, signedToJson } from "../typed-json.ts";
import {
  type Address,
  type DealId,
  type Hex,
  MAX_DOCUMENT_BYTES,
  MAX_MANIFEST_BYTES,
  PROOF_PURPOSE,
  type ProofPurpose,
} from "../words.ts";
import { badMessage, type Fields, fieldsOf } from "./fields.ts";
import { MAX_LEAVES, MAX_PERIODS, MAX_RAW_LENGTH } from "./limits.ts";

/** Requests a gateway makes of a provider (docs/protocol.md, 4). In JSON, bigint is a decimal string and bytes base64. */
export type ProviderRequest =
  | {
      type: "quote";
      owner: Address;
      documentHash: Hex;
      piece: number;
      shard: number;
      commitment: Hex;
      rawLength: number;
      periods: number;
      verifierSet: Hex;
    }
  | {
      type: "store";
      deal: DealId;
      quote: Quote;
      source: string;
      capability: Signed<"UploadCapability">;
      manifest: { sha256: Hex; size: number };
      documentSize: number;
    }
  | { type: "prove"; deal: DealId; purpose: ProofPurpose; period: number; seed: Hex; leaves: number }
  | { type: "scrub"; deal: DealId }
  | { type: "discard"; deal: DealId; capability: Signed<"UploadCapability"> }
  | { type: "manifest"; documentHash: Hex; capability: Signed<"ReadCapability"> };

type ManifestRequest = Extract<ProviderRequest, { type: "manifest" }>;

export interface ReadRequest {
  type: "read";
  ticket: Signed<"ReadTicket">;
  capability: Signed<"ReadCapability">;
}

/** What crosses the wire: bulk answers name the gateway path that their bytes are posted to (absent over direct HTTP). */
export type WireRequest =
  | Exclude<ProviderRequest, ManifestRequest>
  | (ManifestRequest & { respond: string })
  | (ReadRequest & { respond: string });

/** Where a signed message or quote stands in a request; the rest is plain JSON already. */
export function requestToJson(request: WireRequest): Record<string, unknown> {
  switch (request.type) {
    case "store":
      return { ...request, quote: messageToJson<"Quote">(request.quote), capability: signedToJson(request.capability) };
    case "discard":
      return { ...request, capability: signedToJson(request.capability) };
    case "manifest":
      return { ...request, capability: signedToJson(request.capability) };
    case "read":
      return { ...request, ticket: signedToJson(request.ticket), capability: signedToJson(request.capability) };
    default:
      return { ...request };
  }
}

function purposeOf(fields: Fields): ProofPurpose {
  const value = fields.raw("purpose");
  if (typeof value === "string" && Object.hasOwn(PROOF_PURPOSE, value)) return value as ProofPurpose;
  throw badMessage("prove.purpose", `one of ${Object.keys(PROOF_PURPOSE).join(", ")}`);
}

const PARSERS: { [T in WireRequest["type"]]: (fields: Fields) => Extract<WireRequest, { type: T }> } = {
  quote: (fields) => ({
    type: "quote",
    owner: fields.address("owner"),
    documentHash: fields.hex32("documentHash"),
    piece: fields.integer("piece", 0, 2 ** 32 - 1),
    shard: fields.integer("shard", 0, 254),
    commitment: fields.hex32("commitment"),
    rawLength: fields.integer("rawLength", 127, MAX_RAW_LENGTH),
    periods: fields.integer("periods", 1, MAX_PERIODS),
    verifierSet: fields.hex32("verifierSet"),
  }),
  store: (fields) => {
    const manifest = fields.object("manifest");
    return {
      type: "store",
      deal: fields.hex32("deal"),
      quote: messageFromJson("Quote", fields.raw("quote")),
      source: fields.path("source"),
      capability: fields.signed("capability", "UploadCapability"),
      manifest: { sha256: manifest.hex32("sha256"), size: manifest.integer("size", 0, MAX_MANIFEST_BYTES) },
      documentSize: fields.integer("documentSize", 1, MAX_DOCUMENT_BYTES),
    };
  },
  prove: (fields) => ({
    type: "prove",
    deal: fields.hex32("deal"),
    purpose: purposeOf(fields),
    period: fields.integer("period", 0, Number.MAX_SAFE_INTEGER),
    seed: fields.hex32("seed"),
    leaves: fields.integer("leaves", 1, MAX_LEAVES),
  }),
  scrub: (fields) => ({ type: "scrub", deal: fields.hex32("deal") }),
  discard: (fields) => ({
    type: "discard",
    deal: fields.hex32("deal"),
    capability: fields.signed("capability", "UploadCapability"),
  }),
  manifest: (fields) => ({
    type: "manifest",
    documentHash: fields.hex32("documentHash"),
    capability: fields.signed("capability", "ReadCapability"),
    respond: fields.path("respond"),
  }),
  read: (fields) => ({
    type: "read",
    ticket: fields.signed("ticket", "ReadTicket"),
    capability: fields.signed("capability", "ReadCapability"),
    respond: fields.path("respond"),
  }),
};

/** Parse an untrusted request as a provider receives it. @throws CairnError `bad-message` naming the field. */
export function requestFromJson(json: unknown): WireRequest {
  const fields = fieldsOf("request", json);
  const type = fields.raw("type");
  if (typeof type !== "string" || !Object.hasOwn(PARSERS, type)) {
    throw badMessage("request.type", `one of ${Object.keys(PARSERS).join(", ")}`);
  }
  return PARSERS[type as WireRequest["type"]](fieldsOf(type, json));
}
