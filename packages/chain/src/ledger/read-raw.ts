import type { Hex } from "@cairn/protocol";
import { keccak256, serializeTransaction, toHex } from "viem";
import type { Rpc } from "./rpc.ts";

/** Of `eth_getTransactionByHash`, what a type-2 transaction is signed over, and its signature. */
interface RpcTransaction {
  type: Hex;
  chainId: Hex;
  nonce: Hex;
  gas: Hex;
  maxFeePerGas: Hex;
  maxPriorityFeePerGas: Hex;
  to: Hex | null;
  value: Hex;
  input: Hex;
  accessList?: { address: Hex; storageKeys: Hex[] }[];
  v?: Hex;
  yParity?: Hex;
  r: Hex;
  s: Hex;
}

/**
 * A mined transaction of type 2 (EIP-1559) as its sender signed it: whoever reads it can tell who that was. Undefined where the node does not know it
 * (any more), where it is of another type, or where what the node says of it does not hash to its hash.
 */
export async function readRaw(rpc: Pick<Rpc, "request">, hash: Hex): Promise<Hex | undefined> {
  const found = await rpc.request<RpcTransaction | null>("eth_getTransactionByHash", [hash]);
  if (found === null || BigInt(found.type ?? "0x0") !== 2n) return undefined;
  const word = (value: Hex) => toHex(BigInt(value), { size: 32 });
  const raw = serializeTransaction(
    {
      type: "eip1559",
      chainId: Number(found.chainId),
      nonce: Number(found.nonce),
      gas: BigInt(found.gas),
      maxFeePerGas: BigInt(found.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(found.maxPriorityFeePerGas),
      value: BigInt(found.value),
      data: found.input,
      accessList: found.accessList ?? [],
      ...(found.to === null ? {} : { to: found.to }),
    },
    { r: word(found.r), s: word(found.s), yParity: Number(found.yParity ?? found.v ?? "0x0") },
  );
  return keccak256(raw) === hash.toLowerCase() ? raw : undefined;
}
