import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { AnswerOutcome } from "../verification-node.ts";
import type { DownstreamTotals } from "./overview.ts";

/** What the door's parts tell while they work. Calls are cheap and never throw. */
export interface DownstreamMetrics {
  /** `count` answers of one request or batch ended with `outcome`. */
  answered(outcome: AnswerOutcome, count?: number): void;
  /** One batch of `answers` went to the database together. */
  batch(answers: number): void;
  /** Challenges given out, `count` of one request. */
  challenged(count: number): void;
  /** Chunks of one hand-out: the response left whole, or the connection broke. */
  handedOut(result: "confirmed" | "withdrawn", chunks: number, bytes: number): void;
  /** What happened to a token. */
  token(event: "registered" | "rotated" | "removed"): void;
  /** A request was refused with the CairnError of this code. */
  refused(code: string): void;
  /** A prepared chunk entered the pool. */
  prepared(bytes: number): void;
}

const nothing = () => undefined;

/** For a node that nobody watches. */
export const SILENT_METRICS: DownstreamMetrics = {
  answered: nothing,
  batch: nothing,
  challenged: nothing,
  handedOut: nothing,
  token: nothing,
  refused: nothing,
  prepared: nothing,
};

const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 200, 350, 512];

const GAUGES: Record<string, [help: string, of: (totals: DownstreamTotals) => number]> = {
  farmers: ["farmers with a token", ({ farmers }) => farmers],
  farmers_online: ["farmers with a contract that has not expired", ({ online }) => online],
  contracts: ["contracts that have not expired", ({ contracts }) => contracts],
  contract_bytes: ["bytes under contracts that have not expired", ({ bytes }) => bytes],
  copies_wanted: ["copies of files that should be held", ({ wanted }) => wanted],
  copies_held: ["copies of files that are held", ({ held }) => held],
  pool_chunks: ["prepared chunks that wait for a farmer", ({ pool }) => pool.chunks],
  pool_bytes: ["bytes of prepared chunks that wait for a farmer", ({ pool }) => pool.bytes],
};

/**
 * Adds the door's series, all named `cairn_downstream_…`, to a registry. `totals` is asked at each scrape, once for each gauge: it should
 * share its work, as `readTotals` does. While it fails the gauges are NaN, and the counters are still served.
 */
export function registerDownstreamMetrics(
  registry: Registry,
  totals: () => Promise<DownstreamTotals>,
): DownstreamMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `cairn_downstream_${name}_total`, help, labelNames, registers });
  const answers = counter("answers", "answers by outcome", ["outcome"]);
  const challenges = counter("challenges", "challenges given out");
  const handOuts = counter("hand_outs", "hand-outs of chunks by result", ["result"]);
  const handedChunks = counter("handed_chunks", "chunks handed out by result", ["result"]);
  const handedBytes = counter("handed_bytes", "bytes of chunks handed out by result", ["result"]);
  const tokens = counter("tokens", "tokens by event", ["event"]);
  const refusals = counter("refusals", "requests refused by code", ["code"]);
  const preparedChunks = counter("prepared_chunks", "chunks made for the pool");
  const preparedBytes = counter("prepared_bytes", "bytes of chunks made for the pool");
  const batches = new Histogram({
    name: "cairn_downstream_answer_batch_size",
    help: "answers that went to the database together",
    buckets: BATCH_SIZES,
    registers,
  });

  for (const [name, [help, of]] of Object.entries(GAUGES)) {
    new Gauge({
      name: `cairn_downstream_${name}`,
      help,
      registers,
      async collect() {
        this.set(await totals().then(of, () => Number.NaN));
      },
    });
  }

  return {
    answered: (outcome, count = 1) => answers.inc({ outcome }, count),
    batch: (size) => batches.observe(size),
    challenged: (count) => challenges.inc(count),
    handedOut(result, chunks, bytes) {
      handOuts.inc({ result });
      handedChunks.inc({ result }, chunks);
      handedBytes.inc({ result }, bytes);
    },
    token: (event) => tokens.inc({ event }),
    refused: (code) => refusals.inc({ code }),
    prepared(bytes) {
      preparedChunks.inc();
      preparedBytes.inc(bytes);
    },
  };
}
