import type { Call } from "@cairn/protocol/sign-transaction";
import type { Address } from "@cairn/protocol/words";
import type { Gateway } from "./ports.ts";
import type { CoinChainAccess } from "./send-call.ts";

/** The chain as a gateway's routes show it: all that a browser has. The gateway uses no key for it, and is believed no sum. */
export function gatewayCoins({ coins }: Pick<Gateway, "coins">): CoinChainAccess {
  return {
    /** The gateway's list of transfers is behind the chain's nonces: while one that went out waits there, none counts as replaced. */
    async nonce(address) {
      const [nonce, open] = await Promise.all([coins.nonce(address), coins.transfers(address, true)]);
      const waits = open.some(({ direction, block }) => direction === "out" && block === null);
      return waits ? { ...nonce, included: 0 } : nonce;
    },
    async fees(address: Address, { to, value, data }: Call) {
      const { chainId, ...fees } = await coins.fees(address, {
        ...(to === undefined ? {} : { to }),
        ...{ value: String(value ?? 0n), data },
      });
      const { gas, maxFeePerGas, maxPriorityFeePerGas } = fees;
      return {
        ...{ chainId, gas: BigInt(gas), maxFeePerGas: BigInt(maxFeePerGas) },
        maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
      };
    },
    send: (address, raw) => coins.send(address, raw),
    async outcome(address, hash) {
      const found = (await coins.transfers(address)).find((one) => one.transaction === hash && one.direction === "out");
      if (found === undefined || found.block === null) return undefined;
      return { block: found.block, ok: found.state !== "failed" };
    },
  };
}
