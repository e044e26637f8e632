import type { Deployment } from "@cairn/core";
import type { Address, Money } from "@cairn/protocol/words";
import { wordOfAddress } from "./call-data.ts";
import { type CoinPorts, type Moved, sendCall } from "./send-call.ts";

/** keccak256("deposit(address)"), 4 bytes. */
const DEPOSIT = "f340fa01";

/** Deposit coins of the signer's in the contract, for a wallet's storage: its own, or any other. @throws CairnError as `sendCall` */
export function topUp(
  ports: CoinPorts,
  { deals, chainId }: Pick<Deployment, "deals" | "chainId">,
  { amount, wallet }: { amount: Money; wallet: Address },
): Promise<Moved> {
  const call = { to: deals, data: `0x${DEPOSIT}${wordOfAddress(wallet)}`, value: amount } as const;
  return sendCall(ports, chainId, `deposit ${amount} ${wallet.toLowerCase()} ${deals.toLowerCase()}`, call);
}
