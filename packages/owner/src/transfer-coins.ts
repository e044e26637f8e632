import type { Call } from "@cairn/protocol/sign-transaction";
import type { Address, Money } from "@cairn/protocol/words";
import { type CoinPorts, type Moved, sendCall } from "./send-call.ts";

/** What its fee is asked for, and what is signed. */
export const transferCall = ({ amount, to }: { amount: Money; to: Address }): Call => ({
  to,
  data: "0x",
  value: amount,
});

/** Send coins of the signer's to an address. @throws CairnError as `sendCall` */
export function transferCoins(
  ports: CoinPorts,
  { chainId }: { chainId: number },
  { amount, to }: { amount: Money; to: Address },
): Promise<Moved> {
  return sendCall(ports, chainId, `send ${amount} ${to.toLowerCase()}`, transferCall({ amount, to }));
}
