import { randomBytes } from "node:crypto";
import { compareCoins } from "@cairn/core/coins";
import { type Address, CairnError, type Hex, type Money } from "@cairn/protocol";
import { type ColdKeyRequest, withColdKey } from "./with-cold-key.ts";

export interface WithdrawRequest extends ColdKeyRequest {
  /** Wei; everything credited unless set. */
  amount?: Money;
}

/**
 * Take what is credited to a provider's cold key out of the contract. What verdicts owe is credited by `claim`, which anyone may send. Where the
 * payout has moved to another address, this is what was earned before.
 * @returns with `payout`, the address to which pay is credited now
 * @throws CairnError `no-provider`, `not-joined`, `other-payout`, `nothing-to-withdraw`, `insufficient-funds`, `lock-held`
 */
export function withdrawEarnings(
  request: WithdrawRequest,
): Promise<{ amount: Money; transaction: Hex; provider: Address; payout: Address }> {
  return withColdKey(request, async ({ ledger, provider }) => {
    const record = await ledger.provider(provider);
    const payout = record?.payout ?? provider;
    const credited = await ledger.balance(provider);
    if (credited === 0n && payout !== provider) {
      throw new CairnError(`this provider's pay is credited to ${payout}`, { code: "other-payout", kind: "conflict" });
    }
    const amount = request.amount ?? credited;
    if (amount <= 0n || amount > credited) {
      const [has, asked] = compareCoins(credited, amount);
      const said = `${has} are credited: ${asked} cannot be withdrawn`;
      throw new CairnError(credited === 0n ? "nothing is credited yet" : said, {
        code: "nothing-to-withdraw",
        kind: "conflict",
        ...(credited === 0n ? { next: "Wait: each period's pay is credited once its verdicts are claimed." } : {}),
        details: { credited: credited.toString(), amount: amount.toString() },
      });
    }
    const result = await ledger.withdraw({ id: `withdraw/${randomBytes(8).toString("hex")}` }, amount);
    if (result.ok) return { amount, transaction: result.transaction, provider, payout };
    throw new CairnError(`the contract refused: ${result.revert ?? "no reason given"}`, {
      code: "reverted",
      kind: "conflict",
    });
  });
}
