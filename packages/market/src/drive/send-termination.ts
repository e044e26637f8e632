import type { DealId, Hex, Signed } from "@cairn/core";
import type { Context } from "../context.ts";
import { isRefusal, submissionFor } from "./propose.ts";

/**
 * Have the chain end a package's deals on its owner's word, unless it has that already. Resolves with why the contract refuses, or
 * undefined once the package has ended there, whoever saw to it. `deals` tells attempts apart: a later one has another effect.
 * @throws CairnError `chain-unreachable`, `stopping`
 */
export async function sendTermination(
  context: Context,
  manifestHash: Hex,
  termination: Signed<"Termination">,
  deals: readonly DealId[],
): Promise<string | undefined> {
  const hasEnded = async () => {
    const record = await context.ledger.package(manifestHash);
    return record !== undefined && record.lastPeriod !== 0;
  };
  if (await hasEnded()) return undefined;
  let refusal: string;
  try {
    const { ok, revert } = await context.ledger.terminate(
      { id: submissionFor("terminate", deals, termination.signature) },
      termination.message,
      termination.signature,
    );
    if (ok) return undefined;
    refusal = revert ?? "no reason given";
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refusal = error.message;
  }
  return (await hasEnded()) ? undefined : refusal;
}
