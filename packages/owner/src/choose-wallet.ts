import { formatCoins } from "@cairn/core/coins";
import { CairnError } from "@cairn/protocol/errors";
import type { Address, Money } from "@cairn/protocol/words";

/** A wallet that a put may be paid from. */
export interface PayingWallet {
  address: Address;
  name: string;
  /** Why it cannot sign here and now, such as that its vault is locked; undefined where it can. */
  cannotSign?: string | undefined;
  /** What the contract holds free for it. */
  deposit: Money;
}

export interface ChosenWallet {
  wallet: PayingWallet;
  /** Why those before it were passed over, a sentence each. */
  passedOver: string[];
}

/**
 * The first wallet, in the order of payment, that can sign and has as much deposited as a put is thought to need.
 * @throws CairnError `insufficient-funds`, which says it of each
 */
export function chooseWallet(wallets: readonly PayingWallet[], need: Money): ChosenWallet {
  const passedOver: string[] = [];
  for (const wallet of wallets) {
    const { name, cannotSign, deposit } = wallet;
    const why =
      cannotSign ??
      (deposit < need
        ? `has ${formatCoins(deposit)} deposited, and about ${formatCoins(need, { rounding: "up" })} are needed`
        : undefined);
    if (why === undefined) return { wallet, passedOver };
    passedOver.push(`${name}: ${why}`);
  }
  throw new CairnError(`no wallet can pay: ${passedOver.join("; ")}`, {
    code: "insufficient-funds",
    kind: "exhausted",
    details: { need: need.toString(), wallets: wallets.map(({ address }) => address) },
    next: "Deposit more in one of them, unlock its vault (`cairn wallet unlock`), or name another with --wallet.",
  });
}
