import { openHeads, openRpc, openWalletChain, RpcError } from "@cairn/chain";
import { errorsAbi } from "@cairn/contracts";
import type { CoinChainAccess } from "@cairn/owner/send-call";
import { CairnError, type Hex } from "@cairn/protocol";
import type { Abi } from "viem";

/** The chain over its own node, for what moves coins. What the node refuses is `chain-refused`. */
export function rpcCoins(url: string, chainId: number): CoinChainAccess {
  const rpc = openRpc(url);
  const chain = openWalletChain({ rpc, heads: openHeads(rpc), chainId, abi: errorsAbi as Abi });
  return {
    nonce: (address) => told(() => chain.nonce(address)),
    fees: (address, call) =>
      told(async () => {
        const [found, fees] = await Promise.all([rpc.request<Hex>("eth_chainId", []), chain.fees(address, call)]);
        return { ...fees, chainId: Number(found) };
      }),
    send: (address, raw) => told(() => chain.relay(address, raw)),
    outcome: (_, hash) =>
      told(async () => {
        const receipt = await rpc.request<{ blockNumber: Hex; status: Hex } | null>("eth_getTransactionReceipt", [
          hash,
        ]);
        return receipt === null ? undefined : { block: Number(receipt.blockNumber), ok: receipt.status !== "0x0" };
      }),
  };
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
    throw new CairnError(`the chain refused: ${cause.message}`, {
      code: "chain-refused",
      kind: "unavailable",
      cause,
      next: "Check with `cairn status` that the chain runs, then try again.",
    });
  }
}
