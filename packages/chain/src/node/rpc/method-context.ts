import type { CallPool } from "../calls/call-pool.ts";
import type { ChainNode } from "../chain-node.ts";
import type { Faucet } from "../faucet.ts";

export interface MethodLimits {
  /** Gas that one eth_call or estimate may use. */
  callGas: bigint;
  /** Blocks in one eth_getLogs. */
  logBlocks: number;
  /** Logs, and bytes of their data, in one answer. */
  logResults: number;
  logBytes: number;
}

export const METHOD_LIMITS: Omit<MethodLimits, "callGas"> = {
  logBlocks: 2_000,
  logResults: 10_000,
  logBytes: 8 * 1024 * 1024,
};

export interface MethodContext {
  node: ChainNode;
  calls: CallPool;
  faucet: Faucet | undefined;
  limits: MethodLimits;
}
