import { randomBytes } from "node:crypto";
import type { Hex } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import { bytesToHex, bytesToUnprefixedHex } from "@ethereumjs/util";
import { invalidParams, limitExceeded } from "../rpc-error.ts";
import type { BlockRows } from "../store/write-block.ts";
import type { PlacedLog } from "../types.ts";
import { formatHeader, formatLog } from "./format.ts";
import { type LogQuery, parseLogQuery } from "./parse.ts";

/** Subscriptions of one connection. */
const MAX_SUBSCRIPTIONS = 32;

type Subscription = { kind: "newHeads" } | { kind: "logs"; query: LogQuery };

/** The `eth_subscribe` side of one WebSocket: it is given every stored block and sends what was asked for. */
export class Subscriptions {
  readonly #subscriptions = new Map<Hex, Subscription>();
  readonly #send: (text: string) => void;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  subscribe([kind, filter]: unknown[]): Hex {
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw limitExceeded(`at most ${MAX_SUBSCRIPTIONS} subscriptions a connection`, "Unsubscribe from another first.");
    }
    if (kind !== "newHeads" && kind !== "logs") throw invalidParams("only newHeads and logs can be subscribed to");
    const id: Hex = bytesToHex(randomBytes(16));
    this.#subscriptions.set(id, kind === "newHeads" ? { kind } : { kind, query: parseLogQuery(filter) });
    return id;
  }

  unsubscribe([id]: unknown[]): boolean {
    return typeof id === "string" && this.#subscriptions.delete(id as Hex);
  }

  publish(block: Block, rows: BlockRows): void {
    if (this.#subscriptions.size === 0) return;
    const logs = placedLogs(rows);
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.kind === "newHeads") this.#notify(id, formatHeader(block));
      else for (const log of logs) if (matches(log, subscription.query)) this.#notify(id, formatLog(log));
    }
  }

  #notify(subscription: Hex, result: unknown): void {
    this.#send(JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } }));
  }
}

function placedLogs(rows: BlockRows): PlacedLog[] {
  let index = 0;
  return rows.transactions.flatMap((transaction, transactionIndex) =>
    (rows.logs[transactionIndex] ?? []).map((log) => ({
      ...log,
      block: rows.block.number,
      blockHash: rows.block.hash,
      index: index++,
      transaction: transaction.hash,
      transactionIndex,
    })),
  );
}

function includes(members: Uint8Array[], value: Uint8Array): boolean {
  const hex = bytesToUnprefixedHex(value);
  return members.some((member) => bytesToUnprefixedHex(member) === hex);
}

function matches(log: PlacedLog, query: Pick<LogQuery, "addresses" | "topics">): boolean {
  if (query.addresses.length > 0 && !includes(query.addresses, log.address)) return false;
  return query.topics.every((members, position) => {
    const topic = log.topics[position];
    return topic !== undefined && (members === undefined || includes(members, topic));
  });
}
