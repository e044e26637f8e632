import type { Deployment } from "@cairn/core";
import type { Call } from "@cairn/protocol/sign-transaction";
import type { Address, Money } from "@cairn/protocol/words";
import { wordOfAddress } from "./call-data.ts";
import { type CoinPorts, type Moved, sendCall } from "./send-call.ts";

/** keccak256("deposit(address)"), 4 bytes. */
const DEPOSIT = "f340fa01";

export interface TopUp {
  amount: Money;
  wallet: Address;
}

/** The call of the contract: what its fee is asked for, and what is signed. */
export const topUpCall = ({ deals }: Pick<Deployment, "deals">, { amount, wallet }: TopUp): Call => ({
  ...{ to: deals, data: `0x${DEPOSIT}${wordOfAddress(wallet)}`, value: amount },
});

/** Deposit coins of the signer's in the contract, for a wallet's storage: its own, or any other. @throws CairnError as `sendCall` */
export function topUp(
  ports: CoinPorts,
  deployment: Pick<Deployment, "deals" | "chainId">,
  { amount, wallet }: TopUp,
): Promise<Moved> {
  const { deals, chainId } = deployment;
  const what = `deposit ${amount} ${wallet.toLowerCase()} ${deals.toLowerCase()}`;
  return sendCall(ports, chainId, what, topUpCall(deployment, { amount, wallet }));
}
