import { CairnError, type Hex } from "@cairn/protocol";
import { type Rpc, RpcError } from "./rpc.ts";

/**
 * What a node made of a signed transaction.
 * - `sent`: it has it, now or already
 * - `later`: it may take it another time (not reached, pool full, a nonce that comes before is missing)
 * - `underpriced`: not at this fee
 * - `consumed`: its nonce was used
 * - `unfunded`, `refused`: not as it is
 */
export type SendResult =
  | { kind: "sent" | "underpriced" | "consumed" }
  | { kind: "later" | "unfunded" | "refused"; error: Error };

/** Wording of geth, anvil (revm), reth, Lotus and our own node. */
const KNOWN = /already (known|imported|exists)|known transaction|already in mpool/i;
const CONSUMED = /nonce (is )?too low|minimum expected nonce|nonce.*already (used|been used)/i;
const UNDERPRICED =
  /underpriced|max fee per gas (is )?less than block base fee|less than the (block )?base ?fee|fee ?cap|gas price too low|replace by fee/i;
const UNFUNDED = /insufficient (funds|balance)|not enough funds|lack of funds/i;
const LATER = /full|too many|queue|limit exceeded|nonce too high|nonce gap|rate limit|try again|syncing/i;

/** Hand a signed transaction to the node; only ever throws what is a bug. */
export async function sendRaw(rpc: Rpc, raw: Hex): Promise<SendResult> {
  try {
    await rpc.request("eth_sendRawTransaction", [raw]);
    return { kind: "sent" };
  } catch (error) {
    if (error instanceof CairnError && error.code === "chain-unreachable") return { kind: "later", error };
    if (!(error instanceof RpcError)) throw error;
    const { message } = error;
    if (KNOWN.test(message)) return { kind: "sent" };
    if (CONSUMED.test(message)) return { kind: "consumed" };
    if (UNFUNDED.test(message)) return { kind: "unfunded", error };
    if (UNDERPRICED.test(message)) return { kind: "underpriced" };
    if (LATER.test(message)) return { kind: "later", error };
    return { kind: "refused", error };
  }
}

/** A submission that no node takes as it is. */
export function refusedError(id: string, error: Error): CairnError {
  return new CairnError(`the chain refused transaction ${id}: ${error.message}`, {
    code: "transaction-refused",
    kind: "unavailable",
    details: { submission: id },
    next: "Correct what it names; nothing was sent.",
    cause: error,
  });
}
