import { setTimeout as sleep } from "node:timers/promises";
import { asCairnError } from "@cairn/protocol/errors";
import type pg from "pg";
import { recordDay } from "../status/record-day.ts";
import { cleanUp } from "./clean-up.ts";
import type { ContractBeats } from "./contract-beats.ts";
import { dropAnsweredTags } from "./drop-answered-tags.ts";
import { Presence } from "./presence.ts";
import { contractPages, settleContracts } from "./settle-contracts.ts";

/** Waits that many seconds, until the signal at most. */
export type Wait = (seconds: number, signal: AbortSignal) => Promise<void>;

const waitInRealTime: Wait = (seconds, signal) =>
  sleep(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

export interface ContractKeeperOptions {
  pool: pg.Pool;
  beats: Pick<ContractBeats, "nextSeed">;
  /** Seconds since 1970. */
  now: () => number;
  log: { warn(details: object, message: string): void; info(details: object, message: string): void };
  /** By the clock `now`; in real time unless given. */
  wait?: Wait | undefined;
}

const TICK_SECONDS = 1;
const DAY_SECONDS = 86_400;
/** In this time the sweep has seen every contract once. */
const SWEEP_SECONDS = 30;
const DROP_TAGS_EVERY_SECONDS = 10;
const CLEAN_UP_EVERY_SECONDS = 600;
/** An ended contract is told about for a day. */
const KEEP_SECONDS = 86_400;

/** What goes on beside requests: signs of life, contracts' ends, tags that nobody needs, daily counters, clean-up. */
export class ContractKeeper {
  readonly presence: Presence;
  readonly #options: ContractKeeperOptions;
  readonly #ended = new AbortController();
  #working: Promise<void> | undefined;
  #nextPage = 0;
  #day = Number.NEGATIVE_INFINITY;
  #droppedTagsAt = Number.NEGATIVE_INFINITY;
  #cleanedUpAt = Number.NEGATIVE_INFINITY;

  constructor(options: ContractKeeperOptions) {
    this.#options = options;
    this.presence = new Presence(options);
  }

  /** Resolves when an absence of the node has been made good and the first sweep of the day is done; requests may then be taken. */
  async start(): Promise<void> {
    const moved = await this.presence.show();
    if (moved > 0) this.#options.log.info({ seconds: moved }, "the node was away: its contracts have been moved");
    await this.#recordDay();
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { wait = waitInRealTime } = this.#options;
    const { signal } = this.#ended;
    for (;;) {
      await wait(TICK_SECONDS, signal);
      if (signal.aborted) return;
      await this.#tick();
    }
  }

  async #tick(): Promise<void> {
    try {
      const moved = await this.presence.show();
      if (moved > 0) this.#options.log.warn({ seconds: moved }, "the node was away: its contracts have been moved");
      await this.#recordDay();
      await this.#sweep();
      await this.#tidy();
    } catch (error) {
      this.#options.log.warn({ error: asCairnError(error) }, "contracts could not be looked after; trying again");
    }
  }

  async #recordDay(): Promise<void> {
    const now = this.#options.now();
    const day = Math.floor(now / DAY_SECONDS);
    if (day === this.#day) return;
    await recordDay(this.#options.pool, now);
    this.#day = day;
  }

  /** The next part of the table, so that its work is spread evenly. */
  async #sweep(): Promise<void> {
    const { pool, beats, now } = this.#options;
    const pages = await contractPages(pool);
    const from = this.#nextPage >= pages ? 0 : this.#nextPage;
    const until = from + Math.max(1, Math.ceil(pages / SWEEP_SECONDS));
    await settleContracts(pool, beats, now(), { from, until });
    this.#nextPage = until;
  }

  async #tidy(): Promise<void> {
    const { pool, now } = this.#options;
    if (now() - this.#droppedTagsAt >= DROP_TAGS_EVERY_SECONDS) {
      await dropAnsweredTags(pool);
      this.#droppedTagsAt = now();
    }
    if (now() - this.#cleanedUpAt >= CLEAN_UP_EVERY_SECONDS) {
      await cleanUp(pool, now(), KEEP_SECONDS);
      this.#cleanedUpAt = now();
    }
  }
}
