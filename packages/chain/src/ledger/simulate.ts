import { type Address, CairnError, type Money } from "@cairn/protocol";
import type { Call } from "@cairn/protocol/sign-transaction";
import type { Abi } from "viem";
import { decodeRevert, insufficientFunds, revertData, revertedError } from "./decode-revert.ts";
import { toQuantity } from "./heads.ts";
import { type Rpc, RpcError } from "./rpc.ts";

/** Too few coins to send. */
export function tooFewCoins(account: Address, need: Money, have: Money): CairnError {
  return insufficientFunds(account, need, have, `Send coins to ${account}.`);
}

/** How a call is tried that somebody else asks for. */
export interface Bounds {
  /** The most gas that it may take. */
  gas: bigint;
}

/**
 * Run a call on the pending state and return the gas that it takes.
 *
 * @param bounds the call is run once: it is not repeated, nor run again for the reason of a refusal
 * @throws CairnError `reverted` with the decoded error; `insufficient-funds` for the value sent; `simulation-failed`; `chain-unreachable`
 */
export async function simulate(rpc: Rpc, from: Address, call: Call, abi: Abi, bounds?: Bounds): Promise<bigint> {
  const request = {
    from,
    ...(call.to === undefined ? {} : { to: call.to }),
    data: call.data,
    ...(call.value ? { value: toQuantity(call.value) } : {}),
    ...(bounds === undefined ? {} : { gas: toQuantity(bounds.gas) }),
  };
  try {
    const once = bounds === undefined ? {} : { retries: 0 };
    return BigInt(await rpc.request<string>("eth_estimateGas", [request, "pending"], once));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const have = BigInt(await rpc.request<string>("eth_getBalance", [from, "latest"]));
    if (have < (call.value ?? 0n)) throw tooFewCoins(from, call.value ?? 0n, have);
    const data = revertData(error);
    // Some nodes estimate without saying why it cannot be: a call does.
    const reason = bounds === undefined && (data ?? "0x") === "0x" ? await reasonOfCall(rpc, request) : data;
    if (reason !== undefined) throw revertedError(decodeRevert(reason, abi));
    throw new CairnError(`the chain cannot estimate this call: ${error.message}`, {
      code: "simulation-failed",
      kind: "unavailable",
      next: "Check that the chain's node is up and in step, then try again.",
      cause: error,
    });
  }
}

async function reasonOfCall(rpc: Rpc, request: object): Promise<`0x${string}` | undefined> {
  try {
    await rpc.request("eth_call", [request, "pending"]);
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return revertData(error);
  }
}
