import type { Address, Hex } from "@cairn/protocol";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import { invalidParams } from "../rpc-error.ts";
import { quantity } from "./format.ts";

/** Everything here takes what a stranger sent, and answers with a value or with an RpcError that names the field. */

const HEX = /^0x(?:[0-9a-fA-F]{2})*$/;

function parseRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidParams(`${name} must be an object`);
  return value as Record<string, unknown>;
}

export function parseBytes(value: unknown, name: string, length?: number): Uint8Array {
  if (typeof value !== "string" || !HEX.test(value)) {
    throw invalidParams(`${name} must be 0x and an even number of hex digits`);
  }
  if (length !== undefined && value.length !== 2 + 2 * length) throw invalidParams(`${name} must be ${length} bytes`);
  return hexToBytes(value as Hex);
}

export function parseAddress(value: unknown, name: string): Address {
  parseBytes(value, name, 20);
  return (value as string).toLowerCase() as Address;
}

/** A quantity of the execution API: 0x and the fewest hex digits that write it, at most 64; zero is 0x0. */
const QUANTITY = /^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/;

export function parseQuantity(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !QUANTITY.test(value)) {
    throw invalidParams(`${name} must be a quantity: 0x and hex digits without leading zeros`);
  }
  return BigInt(value);
}

/** A storage slot, which may be written with leading zeros up to its 32 bytes. */
export function parseSlot(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw invalidParams(`${name} must be 0x and at most 64 hex digits`);
  }
  return BigInt(value);
}

export function parseFlag(value: unknown, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw invalidParams(`${name} must be true or false`);
  return value;
}

export function parseOptional<T>(value: unknown, parse: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : parse(value);
}

/** Which block: a number, the last, the first, or by hash (EIP-1898). There are no reorganisations: latest, safe and finalized are one. */
export type BlockChoice = { by: "head" } | { by: "number"; number: number } | { by: "hash"; hash: Uint8Array };

export function parseBlock(value: unknown, name = "block"): BlockChoice {
  if (value === undefined || value === null) return { by: "head" };
  if (typeof value === "object") {
    const { blockHash, blockNumber, requireCanonical } = parseRecord(value, name);
    if ((blockHash === undefined) === (blockNumber === undefined)) {
      throw invalidParams(`${name} must have either blockHash or blockNumber`);
    }
    parseFlag(requireCanonical, `${name}.requireCanonical`);
    if (blockHash !== undefined) return { by: "hash", hash: parseBytes(blockHash, `${name}.blockHash`, 32) };
    return parseNumber(blockNumber, `${name}.blockNumber`);
  }
  return parseNumber(value, name);
}

/** A height or one of the tags. */
export function parseNumber(value: unknown, name: string): BlockChoice {
  if (value === "latest" || value === "safe" || value === "finalized" || value === "pending") return { by: "head" };
  if (value === "earliest") return { by: "number", number: 0 };
  if (typeof value !== "string" || !QUANTITY.test(value)) {
    throw invalidParams(`${name} must be a quantity in hex, or latest, safe, finalized, pending or earliest`);
  }
  const number = BigInt(value);
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
  accessList: { address: Address; storageKeys: Hex[] }[];
}

/** Storage keys in one access list. */
const MAX_ACCESS = 10_000;

function parseAccessList(value: unknown): CallRequest["accessList"] {
  if (!Array.isArray(value)) throw invalidParams("accessList must be a list");
  let size = 0;
  return value.map((member, index) => {
    const name = `accessList[${index}]`;
    const { address, storageKeys = [] } = parseRecord(member, name);
    if (!Array.isArray(storageKeys)) throw invalidParams(`${name}.storageKeys must be a list`);
    size += 1 + storageKeys.length;
    if (size > MAX_ACCESS) throw invalidParams(`accessList has more than ${MAX_ACCESS} entries`);
    for (const key of storageKeys) parseBytes(key, `${name}.storageKeys`, 32);
    return { address: parseAddress(address, `${name}.address`), storageKeys: storageKeys as Hex[] };
  });
}

/** Fields of a transaction that would change what a call does, and that this chain does not have. */
const UNSUPPORTED = ["blobVersionedHashes", "maxFeePerBlobGas", "blobs", "authorizationList"];

/** The transaction object of eth_call and eth_estimateGas, on the chain `chainId`. */
export function parseCall(value: unknown, chainId: number): CallRequest {
  const call = parseRecord(value, "transaction");
  const data = parseOptional(call.data, (given) => parseBytes(given, "data"));
  const input = parseOptional(call.input, (given) => parseBytes(given, "input"));
  if (data !== undefined && input !== undefined && bytesToHex(data) !== bytesToHex(input)) {
    throw invalidParams("data and input differ; send one of them");
  }
  const unsupported = UNSUPPORTED.find((field) => call[field] !== undefined && call[field] !== null);
  if (unsupported !== undefined)
    throw invalidParams(`${unsupported} is not supported: the chain takes types 0, 1 and 2`);
  const chain = parseOptional(call.chainId, (given) => parseQuantity(given, "chainId"));
  if (chain !== undefined && chain !== BigInt(chainId)) throw invalidParams(`chainId must be ${quantity(chainId)}`);
  const type = parseOptional(call.type, (given) => parseQuantity(given, "type"));
  if (type !== undefined && type > 2n) throw invalidParams("type must be 0x0, 0x1 or 0x2");
  const price = parsePrice(call);
  return {
    from: parseOptional(call.from, (given) => parseAddress(given, "from")),
    to: parseOptional(call.to, (given) => parseAddress(given, "to")),
    gas: parseOptional(call.gas, (given) => parseQuantity(given, "gas")),
    gasPrice: price,
    value: parseOptional(call.value, (given) => parseQuantity(given, "value")) ?? 0n,
    data: input ?? data ?? new Uint8Array(0),
    accessList: parseOptional(call.accessList, parseAccessList) ?? [],
  };
}

function parsePrice(call: Record<string, unknown>): bigint | undefined {
  const [price, most, tip] = ["gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"].map((field) =>
    parseOptional(call[field], (given) => parseQuantity(given, field)),
  );
  if (price !== undefined && (most !== undefined || tip !== undefined)) {
    throw invalidParams("gasPrice excludes maxFeePerGas and maxPriorityFeePerGas");
  }
  if (most !== undefined && tip !== undefined && tip > most) {
    throw invalidParams("maxPriorityFeePerGas must not be above maxFeePerGas");
  }
  return price ?? most;
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

/** A member that is null makes a position match anything, as the whole position being null does. */
function parseTopic(value: unknown, name: string): Uint8Array[] | undefined {
  if (value === undefined || value === null || (Array.isArray(value) && value.includes(null))) return undefined;
  const parsed = parseAlternatives(value, name, 32);
  return parsed.length === 0 ? undefined : parsed;
}

export function parseLogQuery(value: unknown): LogQuery {
  const filter = parseRecord(value ?? {}, "filter");
  const topics = filter.topics ?? [];
  if (!Array.isArray(topics) || topics.length > 4) throw invalidParams("topics must be a list of at most four");
  const blockHash = parseOptional(filter.blockHash, (given) => parseBytes(given, "blockHash", 32));
  const fromBlock = parseOptional(filter.fromBlock, (given) => parseNumber(given, "fromBlock"));
  const toBlock = parseOptional(filter.toBlock, (given) => parseNumber(given, "toBlock"));
  // EIP-234.
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined)) {
    throw invalidParams("blockHash excludes fromBlock and toBlock");
  }
  return {
    blockHash,
    fromBlock: fromBlock ?? { by: "head" },
    toBlock: toBlock ?? { by: "head" },
    addresses: parseOptional(filter.address, (given) => parseAlternatives(given, "address", 20)) ?? [],
    topics: topics.map((topic, position) => parseTopic(topic, `topics[${position}]`)),
  };
}
