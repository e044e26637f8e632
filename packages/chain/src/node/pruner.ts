import type { Hex } from "@cairn/protocol";
import { breathe } from "./breathe.ts";
import type { ChainStore } from "./store/chain-store.ts";
import { liveNodes } from "./store/live-nodes.ts";

/** What a chain that is no archive keeps. */
export interface Retention {
  /** States of this many newest blocks can be asked for; at least 512, twice what BLOCKHASH reaches back. */
  stateBlocks: number;
  /** Blocks, transactions, receipts and logs of this many newest seconds; older ones go, but for blocks with lasting logs, which stay whole. */
  historySeconds: number;
  /** First topics of logs that say nothing once they are old: a block whose logs are all of these goes. */
  passingTopics: Hex[];
}

/** From which block on everything can be asked for. Kept in the store before the first byte is deleted. */
export interface Floors {
  states: number;
  history: number;
}

/** Rows deleted in one go, between two blocks. */
const ROWS = 2_000;
const BLOCKS = 500;
/** When to look: every so many blocks, and for nodes once twice those in use and a few more are stored. */
const PACE = { everyBlocks: 64, spareNodes: 5_000 };

/** The tables, as the pruner sees them. */
export type PrunedStore = Pick<
  ChainStore,
  | "floors"
  | "raiseFloors"
  | "countNodes"
  | "readNodes"
  | "stateRootOf"
  | "beginLive"
  | "addLive"
  | "deleteDeadNodes"
  | "endLive"
  | "firstBlockFrom"
  | "deleteHistory"
>;

/**
 * Deletes what the retention does not keep. States: once half of the stored nodes may be there for nothing, the oldest kept state is walked, and
 * what it does not need and no younger state wrote is deleted. It may be killed at any instant: the floors are raised first, what is deleted
 * belongs to no kept state, and what was not deleted is found the next time.
 */
export class Pruner {
  readonly #store: PrunedStore;
  readonly #retention: Retention;
  readonly #genesisTime: number;
  readonly #pace: typeof PACE;
  readonly #between: <T>(work: () => Promise<T>) => Promise<T>;
  #floors: Floors = { states: 0, history: 0 };
  /** Nodes that the kept states needed when it was last looked. */
  #live = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param between runs a step while no block is being written, as they share a connection */
  constructor(
    store: PrunedStore,
    retention: Retention,
    genesisTime: number,
    between: <T>(work: () => Promise<T>) => Promise<T>,
    pace = PACE,
  ) {
    this.#pace = pace;
    this.#store = store;
    this.#retention = retention;
    this.#genesisTime = genesisTime;
    this.#between = between;
  }

  get floors(): Floors {
    return this.#floors;
  }

  async open(): Promise<void> {
    this.#floors = await this.#store.floors();
  }

  /** A block was stored. Work is done beside, one piece at a time. */
  stored(head: { number: number; timestamp: number }): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    if (this.#stopped || head.number - this.#lookedAt < this.#pace.everyBlocks) return Promise.resolve();
    this.#lookedAt = head.number;
    this.#running = this.#prune(head).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends after the step in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => undefined);
  }

  async #prune(head: { number: number; timestamp: number }): Promise<void> {
    await this.#pruneStates(head.number);
    await this.#pruneHistory(head);
  }

  async #pruneStates(head: number): Promise<void> {
    const from = head - this.#retention.stateBlocks + 1;
    if (from <= this.#floors.states || (await this.#store.countNodes()) < 2 * this.#live + this.#pace.spareNodes)
      return;
    await this.#raise({ ...this.#floors, states: from });
    await this.#between(() => this.#store.beginLive());
    let live = 0;
    for await (const keys of liveNodes(await this.#store.stateRootOf(from), (batch) => this.#store.readNodes(batch))) {
      if (this.#stopped) return;
      live += keys.length;
      await this.#between(() => this.#store.addLive(keys));
      await breathe();
    }
    this.#live = live;
    while (!this.#stopped && (await this.#between(() => this.#store.deleteDeadNodes(from, ROWS))) > 0) await breathe();
    await this.#between(() => this.#store.endLive());
  }

  async #pruneHistory(head: { number: number; timestamp: number }): Promise<void> {
    const { historySeconds, stateBlocks, passingTopics } = this.#retention;
    const oldest = head.timestamp - historySeconds;
    if (oldest <= this.#genesisTime) return;
    const to = Math.min(await this.#store.firstBlockFrom(oldest), head.number - stateBlocks + 1);
    while (!this.#stopped && this.#floors.history < to) {
      const from = this.#floors.history;
      const next = Math.min(to, from + BLOCKS);
      await this.#raise({ ...this.#floors, history: next });
      await this.#between(() => this.#store.deleteHistory(Math.max(1, from), next, passingTopics));
      await breathe();
    }
  }

  async #raise(floors: Floors): Promise<void> {
    await this.#between(() => this.#store.raiseFloors(floors));
    this.#floors = floors;
  }
}
