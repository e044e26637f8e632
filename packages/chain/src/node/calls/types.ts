import type { ErrorBody, Hex } from "@cairn/protocol";
import type { BlockContext } from "../execution/chain-state.ts";
import type { CallRequest } from "../rpc/parse.ts";
import type { DatabaseConfig } from "../store/database.ts";

/** The block that a call is asked about: a call sees its state and its header. */
export interface CallBlock {
  stateRoot: Uint8Array;
  context: BlockContext;
  /** Readers of the head do not wait for the caches of another state. */
  isHead: boolean;
}

export interface CallJob {
  kind: "call" | "estimate";
  block: CallBlock;
  request: CallRequest;
  /** Most gas that the call may use, whatever it asks for. */
  maxGas: bigint;
}

/** `call`: the bytes returned; `estimate`: gas. */
export type CallResult = Uint8Array | bigint;

/** What goes to a worker, once. */
export interface WorkerSettings {
  database: DatabaseConfig;
  chainId: number;
  /** Wei per gas of every block. */
  baseFee: bigint;
  nodeCacheBytes: number;
}

/** What comes back: processor time in milliseconds, and the outcome. */
export type WorkerAnswer = { cpu: number } & (
  | { result: CallResult }
  | { refusal: { rpcCode: number; data: Hex | undefined; error: ErrorBody } }
  /** The database could not be read. */
  | { unavailable: ErrorBody }
  | { defect: string }
);
