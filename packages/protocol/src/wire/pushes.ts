import type { Signed } from "../typed-data.ts";
import { signedFromJson, signedToJson } from "../typed-json.ts";
import { type Hex, PROOF_PURPOSE, type ProofPurpose } from "../words.ts";
import { toBase64 } from "./base64.ts";
import { badMessage, fieldsOf } from "./fields.ts";
import { MAX_PUSH_BYTES, MAX_PUSH_ITEMS } from "./limits.ts";

/** One proof as a provider hands it to a gateway; the seed it answers is on chain. */
export interface PushedProof {
  deal: Hex;
  purpose: ProofPurpose;
  period: number;
  proof: Uint8Array;
  signature: Hex;
}

export function proofsToJson(proofs: readonly PushedProof[]): unknown {
  return { proofs: proofs.map((item) => ({ ...item, proof: toBase64(item.proof) })) };
}

/** Parse an untrusted push of at most `most` proofs. @throws CairnError `bad-message` */
export function proofsFromJson(json: unknown, most = MAX_PUSH_ITEMS): PushedProof[] {
  return fieldsOf("push", json)
    .list("proofs", most)
    .map((item) => {
      const purpose = item.raw("purpose");
      if (typeof purpose !== "string" || !Object.hasOwn(PROOF_PURPOSE, purpose)) {
        throw badMessage("proof.purpose", `one of ${Object.keys(PROOF_PURPOSE).join(", ")}`);
      }
      return {
        deal: item.hex32("deal"),
        purpose: purpose as ProofPurpose,
        period: item.integer("period", 0, Number.MAX_SAFE_INTEGER),
        proof: item.bytes("proof", MAX_PUSH_BYTES),
        signature: item.signature("signature"),
      };
    });
}

export function reportsToJson(reports: readonly Signed<"DamageReport">[]): unknown {
  return { reports: reports.map(signedToJson) };
}

/** Parse an untrusted push of at most 256 signed damage reports. @throws CairnError `bad-message` */
export function reportsFromJson(json: unknown): Signed<"DamageReport">[] {
  return fieldsOf("push", json)
    .list("reports", MAX_PUSH_ITEMS)
    .map((item) => signedFromJson("DamageReport", item.all));
}

/** The gateway's word on each item of a push: "accepted", or why not. @throws CairnError `bad-message` */
export function resultsFromJson(json: unknown, items: number): string[] {
  const results = fieldsOf("push answer", json).raw("results");
  const wellFormed =
    Array.isArray(results) &&
    results.length === items &&
    results.every((result) => typeof result === "string" && result.length <= 500);
  if (!wellFormed) throw badMessage("push answer.results", `a list of ${items} texts`);
  return results as string[];
}
