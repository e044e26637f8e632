import { submissionId } from "@cairn/chain";
import { type PackageRef, submitRefusal } from "@cairn/core";
import type { DealId, Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";

/**
 * Have the chain end a package's deals on its owner's word, unless it has that already. Resolves with why the contract refuses, or
 * undefined once the package has ended there, whoever saw to it. `deals` tells attempts apart: a later one has another effect.
 * @throws CairnError `chain-unreachable`, `stopping`
 */
export async function sendTermination(
  context: Context,
  of: PackageRef,
  termination: Signed<"Termination">,
  deals: readonly DealId[],
): Promise<string | undefined> {
  const hasEnded = async () => {
    const record = await context.ledger.package(of);
    return record !== undefined && record.lastPeriod !== 0;
  };
  if (await hasEnded()) return undefined;
  const refusal = await submitRefusal(() =>
    context.ledger.terminate(
      { id: submissionId("market:terminate", deals, termination.signature) },
      termination.message,
      termination.signature,
    ),
  );
  return refusal === undefined || (await hasEnded()) ? undefined : refusal.message;
}
