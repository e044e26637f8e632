import type { Deployment } from "@cairn/core";
import type { Money } from "@cairn/protocol/words";
import { word } from "./call-data.ts";
import { type CoinPorts, type Moved, sendCall } from "./send-call.ts";

/** keccak256("withdraw(uint256)"), 4 bytes. */
const WITHDRAW = "2e1a7d4d";

/** Take coins out of the signer's deposit, to its address. @throws CairnError as `sendCall` */
export function withdraw(
  ports: CoinPorts,
  { deals, chainId }: Pick<Deployment, "deals" | "chainId">,
  { amount }: { amount: Money },
): Promise<Moved> {
  return sendCall(ports, chainId, `withdraw ${amount} ${deals.toLowerCase()}`, {
    to: deals,
    data: `0x${WITHDRAW}${word(amount)}`,
  });
}
