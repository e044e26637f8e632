import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DealRecord, PackageRef } from "@cairn/core";
import { syncDirectory } from "@cairn/process";
import {
  asCairnError,
  type DealId,
  type DealState,
  type Hex,
  messageFromJson,
  messageToJson,
  type Quote,
  type Seconds,
} from "@cairn/protocol";
import { fieldsOf } from "@cairn/protocol/wire";
import { makeDirectory, sweepDrafts, writeDurably } from "../files/durable.ts";
import { readKept } from "../files/read-kept.ts";
import type { Log } from "../log.ts";

/** What the chain says of a deal; filled from the chain at every start, never stored. */
export interface ChainFacts {
  state: DealState;
  /** 0 before the receipt is on chain. */
  receiptTime: Seconds;
  /** The period in which the deal ends; 0 before the receipt. */
  lastPeriod: number;
  /** After it a proposal can only expire. */
  deadline: Seconds;
}

export function factsOf(record: DealRecord): ChainFacts {
  const { state, receiptTime, lastPeriod, deadline } = record;
  return { state, receiptTime, lastPeriod, deadline };
}

/** One quote that this provider signed: space is reserved for it until it expires unused or its deal is over. */
export interface DealEntry {
  deal: DealId;
  quote: Quote;
  signature: Hex;
  quotedAt: Seconds;
  facts?: ChainFacts;
}

/** Every quote that may still cost space. On disk a file each, written once and removed once. */
export interface DealBook {
  get(deal: DealId): DealEntry | undefined;
  all(): DealEntry[];
  /** Entries of one slot of a package. */
  ofSlot(of: PackageRef, piece: number, shard: number): DealEntry[];
  /** Σ rawLength of all entries: reserved or held. */
  readonly reservedBytes: bigint;
  readonly size: number;
  /** Files that are no deals as far as can be told. While there are any, a shard that is missing from the book may still have its deal. */
  readonly wrongFiles: readonly string[];
  /** Counted at once, on the disk when this resolves; a failed write takes it out again. @throws CairnError `full` */
  add(entry: DealEntry): Promise<void>;
  remove(deal: DealId): Promise<void>;
}

const slotKey = ({ owner, documentHash }: PackageRef, piece: number, shard: number) =>
  `${owner}/${documentHash}/${piece}/${shard}`;

/** @throws CairnError `file-unreadable` when a deal file is there and cannot be read */
export async function openDealBook(root: string, log: Log): Promise<DealBook> {
  const directory = join(root, "deals");
  await makeDirectory(directory);
  await sweepDrafts(directory);
  const entries = new Map<DealId, DealEntry>();
  const slots = new Map<string, Set<DealEntry>>();
  let reserved = 0n;

  const slotOf = ({ quote }: DealEntry) => slotKey(quote, quote.piece, quote.shard);
  const put = (entry: DealEntry) => {
    entries.set(entry.deal, entry);
    reserved += entry.quote.rawLength;
    const slot = slots.get(slotOf(entry));
    if (slot === undefined) slots.set(slotOf(entry), new Set([entry]));
    else slot.add(entry);
  };
  const take = (entry: DealEntry) => {
    entries.delete(entry.deal);
    reserved -= entry.quote.rawLength;
    const slot = slots.get(slotOf(entry));
    slot?.delete(entry);
    if (slot?.size === 0) slots.delete(slotOf(entry));
  };
  const fileOf = (deal: DealId) => join(directory, `${deal}.json`);

  const wrongFiles: string[] = [];
  for (const name of await readdir(directory)) {
    const text = await readKept(join(directory, name));
    try {
      const fields = fieldsOf("deal", JSON.parse(text ?? ""));
      fields.integer("version", 1, 1);
      put({
        deal: fields.hex32("deal"),
        quote: messageFromJson("Quote", fields.raw("quote")),
        signature: fields.signature("signature"),
        quotedAt: fields.integer("quotedAt", 0, Number.MAX_SAFE_INTEGER),
      });
    } catch (error) {
      wrongFiles.push(name);
      log.warn({ name, reason: asCairnError(error).message }, "a deal file that is wrong is left alone");
    }
  }

  return {
    wrongFiles,
    get: (deal) => entries.get(deal),
    all: () => [...entries.values()],
    ofSlot: (of, piece, shard) => [...(slots.get(slotKey(of, piece, shard)) ?? [])],
    get size() {
      return entries.size;
    },
    get reservedBytes() {
      return reserved;
    },
    async add(entry) {
      const { deal, quote, signature, quotedAt } = entry;
      if (entries.has(deal)) return;
      put(entry);
      const json = { version: 1, deal, quote: messageToJson<"Quote">(quote), signature, quotedAt };
      try {
        await writeDurably(fileOf(deal), `${JSON.stringify(json, null, 2)}\n`);
      } catch (error) {
        take(entry);
        throw error;
      }
    },
    async remove(deal) {
      const entry = entries.get(deal);
      if (entry === undefined) return;
      take(entry);
      await rm(fileOf(deal), { force: true });
      await syncDirectory(directory);
    },
  };
}
