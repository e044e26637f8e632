import type { Address, Hex } from "@cairn/core";
import { hexToBytes } from "@ethereumjs/util";
import { invalidParams } from "../rpc-error.ts";

/** Everything here takes what a stranger sent, and answers with a value or with an RpcError that names the field. */

const HEX = /^0x[0-9a-fA-F]*$/;

function parseRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidParams(`${name} must be an object`);
  return value as Record<string, unknown>;
}

export function parseBytes(value: unknown, name: string, length?: number): Uint8Array {
  if (typeof value !== "string" || !HEX.test(value) || value.length % 2 !== 0) {
    throw invalidParams(`${name} must be hex bytes with 0x`);
  }
  if (length !== undefined && value.length !== 2 + 2 * length) throw invalidParams(`${name} must be ${length} bytes`);
  return hexToBytes(value as Hex);
}

export function parseAddress(value: unknown, name: string): Address {
  parseBytes(value, name, 20);
  return (value as string).toLowerCase() as Address;
}

/** A quantity as geth takes it: hex without more than 64 digits; a JSON number is taken too. */
export function parseQuantity(value: unknown, name: string): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value))
    throw invalidParams(`${name} must be a quantity in hex`);
  return BigInt(value);
}

export function parseOptional<T>(value: unknown, parse: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : parse(value);
}

/** Which block: a number, the last, the first, or by hash (EIP-1898). There are no reorganisations: latest, safe and finalized are one. */
export type BlockChoice = { by: "head" } | { by: "number"; number: number } | { by: "hash"; hash: Uint8Array };

export function parseBlock(value: unknown, name = "block"): BlockChoice {
  if (value === undefined || value === null) return { by: "head" };
  if (typeof value === "object") {
    const { blockHash, blockNumber } = parseRecord(value, name);
    if (blockHash !== undefined) return { by: "hash", hash: parseBytes(blockHash, `${name}.blockHash`, 32) };
    return parseBlock(blockNumber, `${name}.blockNumber`);
  }
  if (value === "latest" || value === "safe" || value === "finalized" || value === "pending") return { by: "head" };
  if (value === "earliest") return { by: "number", number: 0 };
  const number = parseQuantity(value, name);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidParams(`${name} is too large`);
  return { by: "number", number: Number(number) };
}

export interface CallRequest {
  from: Address | undefined;
  to: Address | undefined;
  gas: bigint | undefined;
  gasPrice: bigint | undefined;
  value: bigint;
  data: Uint8Array;
}

export function parseCall(value: unknown): CallRequest {
  const call = parseRecord(value, "transaction");
  const data = parseOptional(call.data, (given) => parseBytes(given, "data"));
  const input = parseOptional(call.input, (given) => parseBytes(given, "input"));
  const price = call.gasPrice ?? call.maxFeePerGas;
  return {
    from: parseOptional(call.from, (given) => parseAddress(given, "from")),
    to: parseOptional(call.to, (given) => parseAddress(given, "to")),
    gas: parseOptional(call.gas, (given) => parseQuantity(given, "gas")),
    gasPrice: parseOptional(price, (given) => parseQuantity(given, "gasPrice")),
    value: parseOptional(call.value, (given) => parseQuantity(given, "value")) ?? 0n,
    data: input ?? data ?? new Uint8Array(0),
  };
}

export interface LogQuery {
  /** One block by its hash, or a range. */
  blockHash: Uint8Array | undefined;
  fromBlock: BlockChoice;
  toBlock: BlockChoice;
  addresses: Uint8Array[];
  topics: (Uint8Array[] | undefined)[];
}

/** Alternatives in one position of a filter. */
const MAX_ALTERNATIVES = 1000;

function parseAlternatives(value: unknown, name: string, length: number): Uint8Array[] {
  if (!Array.isArray(value)) return [parseBytes(value, name, length)];
  if (value.length > MAX_ALTERNATIVES) throw invalidParams(`${name} has more than ${MAX_ALTERNATIVES} alternatives`);
  return value.map((member) => parseBytes(member, name, length));
}

export function parseLogQuery(value: unknown): LogQuery {
  const filter = parseRecord(value ?? {}, "filter");
  const topics = filter.topics ?? [];
  if (!Array.isArray(topics) || topics.length > 4) throw invalidParams("topics must be a list of at most four");
  return {
    blockHash: parseOptional(filter.blockHash, (given) => parseBytes(given, "blockHash", 32)),
    fromBlock: parseBlock(filter.fromBlock, "fromBlock"),
    toBlock: parseBlock(filter.toBlock, "toBlock"),
    addresses: parseOptional(filter.address, (given) => parseAlternatives(given, "address", 20)) ?? [],
    topics: topics.map((topic, position) => {
      const parsed = parseOptional(topic, (given) => parseAlternatives(given, `topics[${position}]`, 32));
      return parsed?.length === 0 ? undefined : parsed;
    }),
  };
}
