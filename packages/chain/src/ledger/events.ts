import type { LedgerEvent } from "@cairn/core";
import { DEAL_STATES, type Hex, type Seconds } from "@cairn/protocol";
import { type Abi, decodeEventLog } from "viem";

/** A log as nodes answer it. */
export interface RawLog {
  address: Hex;
  blockNumber: Hex;
  logIndex: Hex;
  transactionHash: Hex;
  topics: [Hex, ...Hex[]];
  data: Hex;
}

/** Integers of these events that fit a number; all others stay bigint. */
const NUMBERS = new Set(["piece", "shard", "deadline", "time", "lastPeriod", "period", "periods", "leaves"]);

function plain(name: string, value: unknown): unknown {
  if (name === "state") return DEAL_STATES[Number(value)];
  if (NUMBERS.has(name)) return Number(value);
  return typeof value === "string" ? value.toLowerCase() : value;
}

/** A log of the contracts as the port has it, or undefined when it is of no event that the ABI knows. */
export function decodeEvent(log: RawLog, time: Seconds, abi: Abi): LedgerEvent | undefined {
  let decoded: { eventName?: string; args?: unknown };
  try {
    decoded = decodeEventLog({ abi, data: log.data, topics: log.topics });
  } catch (error) {
    // The three contracts are known by address, so this is an event that was added after us.
    if (error instanceof Error && error.name === "AbiEventSignatureNotFoundError") return undefined;
    throw error;
  }
  const args = Object.entries(decoded.args as Record<string, unknown>).map(([name, value]) => [
    name,
    plain(name, value),
  ]);
  return {
    ...Object.fromEntries(args),
    name: decoded.eventName,
    block: Number(log.blockNumber),
    logIndex: Number(log.logIndex),
    transaction: log.transactionHash,
    time,
  } as LedgerEvent;
}
