import { setImmediate } from "node:timers/promises";
import {
  countryOf,
  describeSafety,
  describeSafetyInputs,
  failureIn,
  isOnDuty,
  lostWithin,
  lowest,
  SAFETY_DEFAULTS,
  type SafetyInputs,
  SafetyModel,
  type SafetyPiece,
  weakestHours,
} from "@cairn/core";
import { type Address, CairnError, type PackageId } from "@cairn/protocol";
import { type MarketCandidate, registeredCandidates } from "./candidates.ts";
import type { Context } from "./context.ts";
import { loadPackage } from "./package-rows.ts";
import type { PackageSafety, SafetyRequest } from "./types.ts";

/**
 * How likely a package can be read now and in each hour of the week, by its live shards, the hours of their holders and how often those fail. What
 * lies at this gateway besides (a hot copy, an upload not handed over yet) is not counted.
 * @throws CairnError `unknown-package`, `wrong-state` before it is stored and after its end
 */
export async function packageSafety(
  context: Pick<Context, "pool" | "verifierSet" | "chainNow" | "transport">,
  { id, account, ...asked }: SafetyRequest,
): Promise<PackageSafety> {
  const { k, n, state } = await loadPackage(context.pool, id, { account });
  if (!["STORED", "DEGRADED", "LOST"].includes(state)) {
    throw new CairnError(`package ${id} is ${state}: it has no copies to count on`, {
      code: "wrong-state",
      kind: "conflict",
      details: { state },
      next: "Ask again when it is STORED; `cairn show` says what it waits for.",
    });
  }
  const inputs: SafetyInputs = { ...SAFETY_DEFAULTS, ...asked };
  const live = await liveShards(context, id);
  const candidates = await registeredCandidates(context);
  const held = new Map<Address, number>();
  for (const provider of live.flat()) held.set(provider, (held.get(provider) ?? 0) + 1);
  const holders = candidates.filter(({ provider }) => held.has(provider));
  const position = new Map(holders.map(({ provider }, at) => [provider, at]));
  const groups = groupsBy(inputs.together, holders);
  const failures = holders.map(({ score }) => failureIn({ ...inputs, hourly: inputs.hourly ?? 1 - score / 10_000 }));
  const pieces: SafetyPiece[] = live.map((providers) => ({
    k,
    holders: providers.flatMap((provider) => position.get(provider) ?? []),
  }));
  const model = new SafetyModel(
    holders.map(({ duty }, at) => ({ duty, failure: failures[at]!, group: groups[at] })),
    pieces,
    { groupFailure: inputs.together === "none" ? 0 : lostWithin(inputs.groupYearly, inputs.repairHours) },
  );
  const hours = new Array<number>(168).fill(1);
  let exact = true;
  for (const alike of model.hours()) {
    const { most, least } = model.inHour(alike[0]!);
    if (most !== least) exact = false;
    for (const hour of alike) hours[hour] = most;
    // Large packages take a while: others are served in between.
    await setImmediate();
  }
  const now = context.chainNow();
  const there = holders.map(({ absent, duty }) => absent !== "away" && absent !== "withholds" && isOnDuty(duty, now));
  const weakest = weakestHours(hours);
  return {
    sentence: describeSafety(hours),
    assumed: describeSafetyInputs(inputs, exact),
    inputs,
    exact,
    now: model.failure((at) => there[at]!).most,
    hours,
    weakest: { hours: weakest, failure: hours[weakest[0]!]! },
    pieces: pieces.length,
    strength: { live: lowest([n, ...pieces.map((piece) => piece.holders.length)]), needed: k, full: n },
    holders: holders.map((one, at) => ({
      provider: one.provider,
      region: one.region,
      duty: one.duty,
      group: groups[at] ?? null,
      failure: failures[at]!,
      shards: held.get(one.provider)!,
      there: there[at]!,
    })),
  };
}

/** Providers of each piece's live shards; shards that are known as damaged or held back are none. */
async function liveShards({ pool }: Pick<Context, "pool">, id: PackageId): Promise<Address[][]> {
  const { rows } = await pool.query<{ providers: Address[] }>(
    `select array_remove(array_agg(distinct s.provider), null) as providers
     from catalog.pieces p left join catalog.slots s on s.package = p.package and s.piece = p.number and s.state = 'ACTIVE'
       and coalesce(s.detail->>'healing', 'false') <> 'true' and coalesce(s.detail->>'spare', '') not in ('refuses', 'unhealed')
     where p.package = $1 group by p.number order by p.number`,
    [id],
  );
  return rows.map(({ providers }) => providers);
}

/** A name for each holder's group. Who says that it shares an operator with one that shares one with a third is of one operator with both. */
function groupsBy(
  together: SafetyInputs["together"],
  holders: readonly Pick<MarketCandidate, "groups" | "region">[],
): (string | undefined)[] {
  if (together === "none") return holders.map(() => undefined);
  // Who names no country may lie in any: together is the cautious guess.
  if (together === "country") return holders.map(({ region }) => countryOf(region) ?? "unknown");
  const names = holders.map((_, at) => at);
  const seen = new Map<string, number>();
  for (const [at, { groups }] of holders.entries()) {
    for (const group of groups) {
      const other = seen.get(group);
      if (other === undefined) seen.set(group, at);
      else {
        const [from, to] = [names[at]!, names[other]!];
        for (const [i, name] of names.entries()) if (name === from) names[i] = to;
      }
    }
  }
  return names.map((name) => `operator ${name + 1}`);
}
