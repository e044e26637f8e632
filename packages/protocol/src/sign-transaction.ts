import {
  hexToBytes,
  parseSignature,
  parseTransaction,
  serializeTransaction,
  type TransactionSerializableEIP1559,
} from "viem";
import { crypto } from "#crypto";
import { toHex } from "./hex.ts";
import { signDigest } from "./signatures.ts";
import type { Address, Hex, Money } from "./words.ts";

/** What a transaction does, apart from who sends it and what it costs. */
export interface Call {
  /** Left out when it makes a contract. */
  to?: Address;
  data: Hex;
  value?: Money;
  /** By how much more gas it may take once others are mined before it than when it is tried out; 1 unless set. */
  gasFactor?: number;
}

export interface Envelope {
  chainId: number;
  nonce: number;
  gas: bigint;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

const keccakHex = (data: Hex): Uint8Array => crypto.keccak(hexToBytes(data));

/** Hash of a signed transaction: what a node calls it by. */
function transactionHash(raw: Hex): Hex {
  return toHex(keccakHex(raw));
}

/** A signed type-2 transaction (EIP-1559), ready to be sent. */
export function signTransaction(call: Call, envelope: Envelope, privateKey: Hex): { raw: Hex; hash: Hex } {
  const transaction: TransactionSerializableEIP1559 = {
    type: "eip1559",
    ...envelope,
    data: call.data,
    value: call.value ?? 0n,
    ...(call.to === undefined ? {} : { to: call.to }),
  };
  const signature = signDigest(keccakHex(serializeTransaction(transaction)), privateKey);
  const raw = serializeTransaction(transaction, parseSignature(signature));
  return { raw, hash: transactionHash(raw) };
}

/** What a signed transaction of ours says. */
export function readTransaction(raw: Hex): { call: Call; envelope: Envelope } {
  const parsed = parseTransaction(raw as `0x02${string}`);
  return {
    call: {
      data: parsed.data ?? "0x",
      value: parsed.value ?? 0n,
      ...(parsed.to == null ? {} : { to: parsed.to.toLowerCase() as Address }),
    },
    envelope: {
      chainId: parsed.chainId,
      nonce: parsed.nonce ?? 0,
      gas: parsed.gas ?? 0n,
      maxFeePerGas: parsed.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: parsed.maxPriorityFeePerGas ?? 0n,
    },
  };
}
