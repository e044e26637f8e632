import { listDistrust, listKnownOwners, listProviderRows, listWork, type ProviderRow } from "@cairn/catalog";
import { type Candidate, isBarred, type Standing, standingOf } from "@cairn/core";
import type { Address } from "@cairn/protocol";
import type { Context } from "./context.ts";

/** How long after its start a gateway waits for its providers: it needs some seconds itself, and they try again every 12 s at the latest. */
const RETURN_SECONDS = 30;
const PAUSE_SECONDS = 0.5;

export interface MarketCandidate extends Candidate {
  row: ProviderRow;
  /** It broke promises lately, the more the higher: asked only where others lack. 0: none that counts now. */
  distrust: number;
}

/** Providers that prove a shard of ours and do not let it be read, or say that it is damaged and do not let it be rewritten. */
async function hostageTakers(context: Pick<Context, "pool">): Promise<Set<Address>> {
  const { rows } = await context.pool.query<{ provider: Address }>(
    "select distinct provider from catalog.slots where state = 'ACTIVE' and detail->>'spare' in ('refuses', 'unhealed')",
  );
  return new Set(rows.map((row) => row.provider));
}

/** What each provider's past is worth here: under this gateway's own verifiers, by who paid for it. */
async function standings(context: Pick<Context, "pool" | "verifierSet">): Promise<(provider: Address) => Standing> {
  const [work, known] = await Promise.all([listWork(context.pool, context.verifierSet), listKnownOwners(context.pool)]);
  return (provider) => standingOf(work.get(provider) ?? [], known);
}

/** Why a registered provider cannot be asked now: it takes no new deals, withholds a shard of ours, or is not there. */
export type Absence = "retired" | "withholds" | "away";

/** Every registered provider, as this gateway knows it now. */
export async function registeredCandidates(
  context: Pick<Context, "pool" | "verifierSet" | "chainNow" | "transport">,
): Promise<(MarketCandidate & { absent: Absence | undefined })[]> {
  const rows = await listProviderRows(context.pool, [context.verifierSet]);
  const refusing = await hostageTakers(context);
  const standing = await standings(context);
  const distrust = await listDistrust(context.pool);
  const now = context.chainNow();
  const absenceOf = ({ active, provider }: ProviderRow): Absence | undefined => {
    if (!active) return "retired";
    if (refusing.has(provider)) return "withholds";
    return context.transport.reachable(provider) ? undefined : "away";
  };
  return rows.map((row) => {
    const { score, counted, newcomer } = standing(row.provider);
    const known = distrust.get(row.provider);
    return {
      row,
      absent: absenceOf(row),
      distrust: known !== undefined && isBarred(known, now) ? known.level : 0,
      provider: row.provider,
      groups: groupsOf(row),
      score,
      fulfilled: counted,
      newcomer,
      price: row.priceFloor,
      region: row.region,
      duty: row.duty,
      freeBytes: row.capacity > row.used ? row.capacity - row.used : 0n,
    };
  });
}

/** Registered, active providers that can be asked now; none that refuses to be read, or to be healed, gets more. */
async function candidates(context: Context): Promise<MarketCandidate[]> {
  return (await registeredCandidates(context)).filter(({ absent }) => absent === undefined);
}

/**
 * Candidates once enough are there: just after this gateway started, its providers are still dialling in, and too few of them say nothing.
 * Returns what there is at the latest when they have had their time.
 */
export async function gatheredCandidates(context: Context, enough: number): Promise<MarketCandidate[]> {
  for (;;) {
    const found = await candidates(context);
    if (found.length >= enough || isBack(context)) return found;
    const absent = (await listProviderRows(context.pool, [context.verifierSet])).filter(
      (row) => row.active && !context.transport.reachable(row.provider),
    );
    if (found.length + absent.length < enough || context.stopping.aborted) return found;
    await context.transport.seek(absent.map((row) => row.provider));
    await context.clock.sleep(PAUSE_SECONDS, context.stopping);
  }
}

/**
 * Just after this gateway started, wait until a provider is there again: its absence is ours, not its own. Later it returns at once, and
 * whoever asks the provider finds out.
 */
export async function awaitReturn(context: Context, provider: Address, signal: AbortSignal): Promise<void> {
  while (!context.transport.reachable(provider) && !isBack(context)) {
    signal.throwIfAborted();
    await context.transport.seek([provider]);
    await context.clock.sleep(PAUSE_SECONDS, signal);
  }
}

/** Whether this gateway has been there for so long that providers have found it again. */
function isBack({ clock, startedAt }: Context): boolean {
  return clock.monotonic() - startedAt >= RETURN_SECONDS * 1000;
}

/** Same payout address, or same /24 of a declared IPv4 endpoint: a heuristic for one operator (docs/threat-model.md). */
function groupsOf(row: Pick<ProviderRow, "payout" | "endpoint">): string[] {
  const network = /^https?:\/\/(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?::|\/|$)/.exec(row.endpoint)?.[1];
  return [`payout ${row.payout}`, ...(network === undefined ? [] : [`network ${network}.0/24`])];
}

/** Groups of providers by address, for those that hold shards already. */
export async function holderGroups(context: Context, providers: readonly Address[]) {
  const standing = await standings(context);
  const rows = await listProviderRows(context.pool, [context.verifierSet]);
  const known = new Map(rows.map((row) => [row.provider, row]));
  return providers.flatMap((provider) => {
    const row = known.get(provider);
    if (row === undefined) return [];
    return [{ provider, groups: groupsOf(row), duty: row.duty, newcomer: standing(provider).newcomer }];
  });
}
