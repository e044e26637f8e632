import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CairnError, type Hex, type Money } from "@cairn/core";
import { holdLock } from "@cairn/process";
import { openLedgerOverHttp } from "./chain/open-ledger-over-http.ts";
import { openIdentity } from "./identity.ts";
import { inspectProvider } from "./inspect-provider.ts";
import type { OpenLedger } from "./options.ts";

export interface WithdrawRequest {
  /** The provider's directory; the program may run meanwhile. */
  directory: string;
  passphrase?: string;
  /** Wei; everything credited unless set. */
  amount?: Money;
  chainUrl?: string;
  openLedger?: OpenLedger;
}

/**
 * Take a provider's credited pay out of the contract to its payout address, which is its cold key's: that key signs and pays the gas. What verdicts owe is
 * credited by `claim`, which anyone may send.
 * @throws CairnError `no-provider`, `not-joined`, `other-payout`, `nothing-to-withdraw`, `insufficient-funds`, `lock-held`
 */
export async function withdrawEarnings(request: WithdrawRequest): Promise<{ amount: Money; transaction: Hex }> {
  const { directory } = request;
  const { chain, provider } = await inspectProvider(directory);
  if (chain === undefined) {
    throw new CairnError("this provider has not joined a network yet", {
      code: "not-joined",
      kind: "conflict",
      next: "Start it first.",
    });
  }
  const lock = holdLock(join(directory, "withdraw.lock"));
  try {
    const { coldKey } = await openIdentity(directory, request.passphrase);
    const { ledger, close } = await (request.openLedger ?? openLedgerOverHttp)({
      chainUrl: request.chainUrl ?? chain.chainUrl,
      deployment: chain.deployment,
      key: coldKey,
      directory,
    });
    try {
      const record = await ledger.provider(provider);
      if (record !== undefined && record.payout !== provider) {
        throw new CairnError(`this provider's pay is credited to ${record.payout}`, {
          code: "other-payout",
          kind: "conflict",
          next: "Withdraw with the key of that address.",
        });
      }
      const credited = await ledger.balance(provider);
      const amount = request.amount ?? credited;
      if (amount <= 0n || amount > credited) {
        throw new CairnError(`${credited} wei are credited, ${amount} wei cannot be withdrawn`, {
          code: "nothing-to-withdraw",
          kind: "conflict",
          details: { credited: credited.toString(), amount: amount.toString() },
          next: "Ask for at most what is credited.",
        });
      }
      const result = await ledger.withdraw({ id: `withdraw/${randomBytes(8).toString("hex")}` }, amount);
      if (result.ok) return { amount, transaction: result.transaction };
      throw new CairnError(`the contract refused: ${result.revert ?? "no reason given"}`, {
        code: "reverted",
        kind: "conflict",
      });
    } finally {
      await close();
    }
  } finally {
    lock.release();
  }
}
