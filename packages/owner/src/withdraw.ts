import type { Deployment } from "@cairn/core";
import type { Call } from "@cairn/protocol/sign-transaction";
import type { Money } from "@cairn/protocol/words";
import { word } from "./call-data.ts";
import { type CoinPorts, type Moved, sendCall } from "./send-call.ts";

/** keccak256("withdraw(uint256)"), 4 bytes. */
const WITHDRAW = "2e1a7d4d";

/** The call of the contract: what its fee is asked for, and what is signed. */
export const withdrawCall = ({ deals }: Pick<Deployment, "deals">, { amount }: { amount: Money }): Call => ({
  ...{ to: deals, data: `0x${WITHDRAW}${word(amount)}` },
});

/** Take coins out of the signer's deposit, to its address. @throws CairnError as `sendCall` */
export function withdraw(
  ports: CoinPorts,
  deployment: Pick<Deployment, "deals" | "chainId">,
  { amount }: { amount: Money },
): Promise<Moved> {
  const { deals, chainId } = deployment;
  return sendCall(ports, chainId, `withdraw ${amount} ${deals.toLowerCase()}`, withdrawCall(deployment, { amount }));
}
