import type { Address, Hex } from "@cairn/protocol";
import { readTransaction } from "@cairn/protocol/sign-transaction";
import type { Abi } from "viem";
import { decodeRevert, revertData } from "./decode-revert.ts";
import { toQuantity } from "./heads.ts";
import type { Outcome, OutgoingTransaction } from "./outgoing-store.ts";
import { type Rpc, RpcError } from "./rpc.ts";

export interface Receipt {
  transactionHash: Hex;
  blockNumber: Hex;
  status: Hex;
  gasUsed: Hex;
  contractAddress?: Address | null;
}

/** Receipts of a transaction and of what it replaced: at most one of them was mined. */
export async function receiptOf(rpc: Rpc, transaction: OutgoingTransaction): Promise<Receipt | undefined> {
  const hashes = [transaction.hash, ...transaction.earlier];
  const receipts = await Promise.all(
    hashes.map((hash) => rpc.request<Receipt | null>("eth_getTransactionReceipt", [hash])),
  );
  return receipts.find((receipt) => receipt !== null) ?? undefined;
}

/** Whether it failed with next to nothing left of its gas: all, or the 64th that a failing inner call leaves its caller (EIP-150). */
export function ranOutOfGas(receipt: Receipt, gas: bigint): boolean {
  return BigInt(receipt.status) !== 1n && BigInt(receipt.gasUsed) * 64n >= gas * 62n;
}

/** Receipts carry no reason: the call is run again on the state before its block, which in most cases fails alike. */
async function reasonOf(rpc: Rpc, transaction: OutgoingTransaction, receipt: Receipt, abi: Abi): Promise<string> {
  const { call, envelope } = readTransaction(transaction.raw);
  if (ranOutOfGas(receipt, envelope.gas)) return "it ran out of gas";
  const before = toQuantity(Math.max(0, Number(receipt.blockNumber) - 1));
  const request = {
    from: transaction.sender,
    ...(call.to === undefined ? {} : { to: call.to }),
    data: call.data,
    value: toQuantity(call.value ?? 0n),
  };
  try {
    await rpc.request("eth_call", [request, before]);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const data = revertData(error);
    if (data !== undefined) return decodeRevert(data, abi).message;
  }
  return "the state had changed between sending and mining";
}

/** What became of a transaction whose receipt is in a finalized block. */
export async function conclude(
  rpc: Rpc,
  transaction: OutgoingTransaction,
  receipt: Receipt,
  abi: Abi,
): Promise<Outcome> {
  const ok = BigInt(receipt.status) === 1n;
  return {
    transaction: receipt.transactionHash,
    block: Number(receipt.blockNumber),
    ok,
    ...(ok ? {} : { revert: await reasonOf(rpc, transaction, receipt, abi) }),
    ...(receipt.contractAddress ? { created: receipt.contractAddress.toLowerCase() as Address } : {}),
  };
}
