import type { Block } from "./heads.ts";
import { type Rpc, RpcError } from "./rpc.ts";

export interface Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

/** Offered to the block's maker where the node names no figure. */
const DEFAULT_TIP = 1_000_000_000n;

/** Fees that stand six full blocks of rising base fee (12.5 % each, EIP-1559): twice the base fee, and the tip that the node suggests. */
export async function currentFees(rpc: Rpc, head: Block): Promise<Fees> {
  let tip: bigint;
  try {
    tip = BigInt(await rpc.request<string>("eth_maxPriorityFeePerGas", []));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    tip = DEFAULT_TIP;
  }
  return { maxFeePerGas: 2n * head.baseFee + tip, maxPriorityFeePerGas: tip };
}

const quarterMore = (value: bigint): bigint => value + value / 4n + 1n;
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Fees for a replacement: nodes ask for 10 % more (Lotus: 25 %) of both. */
export function raisedFees(old: Fees, current: Fees): Fees {
  const maxPriorityFeePerGas = larger(quarterMore(old.maxPriorityFeePerGas), current.maxPriorityFeePerGas);
  return {
    maxFeePerGas: larger(larger(quarterMore(old.maxFeePerGas), current.maxFeePerGas), maxPriorityFeePerGas),
    maxPriorityFeePerGas,
  };
}

/** Estimates count the state of one moment, and Filecoin's vary: a quarter on top, as far as a block holds it. */
export function gasWithMargin(estimate: bigint, blockGasLimit: bigint): bigint {
  const wanted = (estimate * 5n + 3n) / 4n;
  return wanted <= blockGasLimit ? wanted : larger(estimate, blockGasLimit);
}
