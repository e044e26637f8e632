import type { Quote, Signed } from "./typed-data.ts";
import type { Address, DealId, Hex, ProofPurpose } from "./words.ts";

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

export interface ProviderReplies {
  quote: { quote: Quote; signature: Hex };
  store: { receipt: Hex };
  prove: { proof: string; signature: Hex };
  scrub: { ok: boolean; damage: { offset: number; length: number }[]; checkedBytes: number };
  discard: { discarded: boolean };
  manifest: { document: string; manifest: string };
}

export type ProviderReply<R extends ProviderRequest> = ProviderReplies[R["type"]];
