import type { Address } from "@cairn/protocol";
import { ALWAYS_ON } from "../periods.ts";
import { type Candidate, selectProviders } from "../selection.ts";
import { type OwnersWork, standingOf } from "../standing.ts";

/** How the attacker came by its history; each sybil pays out to an address of its own and sits in a network of its own. */
export type Attack =
  /** Verifiers, owner and provider are all the attacker's: nothing of it reaches a gateway that trusts other verifiers. */
  | { kind: "own-set" }
  /** Deals of its own at price 0 under trusted verifiers. */
  | { kind: "free"; periods: number }
  /** Deals of its own, paid, under trusted verifiers, by `owners` made-up owners for each sybil. */
  | { kind: "paid"; periods: number; owners: number }
  /** Deals of the gateway's own customers, kept as any provider keeps them. */
  | { kind: "served"; periods: number };

export interface Scenario {
  /** Honest providers, of which `served` have kept customers' shards for two weeks of hourly periods. */
  honest: number;
  served: number;
  sybils: number;
  attack: Attack;
  k: number;
  n: number;
}

export interface Outcome {
  /** Share of packages of which sybils hold k or more of n shards. */
  taken: number;
  /** Share of packages for which the newcomers' share had to be exceeded: their owners are warned before they sign. */
  warned: number;
  /** Shard-periods that the attacker pays for itself: coins that are locked, and bytes that must be answered for. */
  paidShardPeriods: number;
  /** Shard-periods of other people's data that it keeps before. */
  servedShardPeriods: number;
}

const CUSTOMER: Address = `0x${"c0".repeat(20)}`;
const KNOWN = new Set([CUSTOMER]);
const TWO_WEEKS = 336n;

/** mulberry32: the same packages in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const address = (kind: string, i: number): Address => `0x${kind}${i.toString(16).padStart(38, "0")}`;

function candidate(provider: Address, price: bigint, work: readonly OwnersWork[]): Candidate {
  const { score, counted, newcomer } = standingOf(work, KNOWN);
  const place = { price, region: "", duty: ALWAYS_ON, freeBytes: 1n << 40n };
  return { provider, groups: [`payout ${provider}`], score, fulfilled: counted, newcomer, ...place };
}

const kept = (periods: bigint, owner: Address, paid: bigint): OwnersWork => ({
  owner,
  fulfilled: periods,
  committed: periods,
  paid,
});

function historyOf(attack: Attack, sybil: number): OwnersWork[] {
  switch (attack.kind) {
    case "own-set":
      return [];
    case "free":
      return [kept(BigInt(attack.periods), address("0f", sybil), 0n)];
    case "paid":
      return Array.from({ length: attack.owners }, (_, i) =>
        kept(BigInt(attack.periods), address("0e", sybil * 1000 + i), 1n),
      );
    case "served":
      return [kept(BigInt(attack.periods), CUSTOMER, 1n)];
  }
}

/** Place `packages` packages in a network of honest providers and one attacker's sybils, which undercut every price. */
export function runScenario(scenario: Scenario, packages = 200, seed = 1): Outcome {
  const { honest, served, sybils, attack, k, n } = scenario;
  const random = seeded(seed);
  const candidates = [
    ...Array.from({ length: honest }, (_, i) =>
      candidate(address("aa", i), 100n + BigInt(i % 7), i < served ? [kept(TWO_WEEKS, CUSTOMER, 1n)] : []),
    ),
    ...Array.from({ length: sybils }, (_, i) => candidate(address("bb", i), 1n, historyOf(attack, i))),
  ];
  let taken = 0;
  let warned = 0;
  for (let i = 0; i < packages; i += 1) {
    const name = `${random().toString(16)}${random().toString(16)}`;
    const terms = { count: n, k, n, rawLength: 127, holders: [], groupLimit: Math.max(1, n - k), seed: name };
    const { chosen, beyondShare } = selectProviders({ ...terms, candidates });
    if (chosen.filter(({ provider }) => provider.startsWith("0xbb")).length >= k) taken += 1;
    if (beyondShare > 0) warned += 1;
  }
  return {
    taken: taken / packages,
    warned: warned / packages,
    paidShardPeriods: attack.kind === "paid" ? sybils * attack.owners * attack.periods : 0,
    servedShardPeriods: attack.kind === "served" ? sybils * attack.periods : 0,
  };
}

/** The rows that docs/threat-model.md states. */
export const SCENARIOS: Scenario[] = [1, 10, 100, 1000].flatMap((sybils) =>
  [
    { honest: 20, served: 20 },
    { honest: 20, served: 4 },
    { honest: 20, served: 0 },
  ].flatMap((network) =>
    (
      [
        { kind: "own-set" },
        { kind: "free", periods: 1_000_000 },
        { kind: "paid", periods: 1000, owners: 100 },
        { kind: "served", periods: 24 },
        { kind: "served", periods: 336 },
      ] as Attack[]
    ).map((attack) => ({ ...network, sybils, attack, k: 2, n: 4 })),
  ),
);
