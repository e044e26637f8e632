import {
  afterBreach,
  afterKept,
  type BreachKind,
  type Distrust,
  forgive,
  isOwnFault,
  REMEMBERED_SECONDS,
  SHARED_SECONDS,
} from "@cairn/core";
import type { Address, Seconds } from "@cairn/protocol";
import type { PoolClient } from "pg";
import { recordEvents } from "./events.ts";
import type { Queryable } from "./queryable.ts";

/** Providers that are remembered; those heard of longest ago are forgotten first. */
const MAX_PROVIDERS = 10_000;

/** How a provider kept or broke the promise of a quote that was proposed on chain. */
export interface PromiseOutcome {
  provider: Address;
  outcome: BreachKind | "served" | "kept";
  /** Time of the chain at which the proposal was made. */
  proposedAt: Seconds;
  /** Length of the shard. */
  bytes: number;
}

/** What is held against providers, by address; those against whom nothing was ever held are left out. */
export async function listDistrust(db: Queryable, of?: readonly Address[]): Promise<Map<Address, Distrust>> {
  const { rows } = await db.query(
    `select provider, kind, level, at::float8 as at, until::float8 as until, forgiven,
       owed::float8 as owed, kept::float8 as kept from catalog.distrust
     where at is not null and ($1::text[] is null or provider = any($1))`,
    [of ?? null],
  );
  return new Map(rows.map(({ provider, ...known }) => [provider as Address, known as Distrust]));
}

/**
 * Write down how providers kept their word, in the transaction of the change that shows it and after its other locks. Where most providers broke
 * theirs at once it was the gateway's own fault: what was counted lately is taken back.
 */
export async function recordPromises(
  client: PoolClient,
  promises: readonly PromiseOutcome[],
  now: Seconds,
): Promise<void> {
  if (promises.length === 0) return;
  await client.query("select pg_advisory_xact_lock(hashtext('catalog.distrust'))");
  let breached = false;
  for (const { provider, outcome, proposedAt, bytes } of promises) {
    if (outcome === "served") {
      await client.query(
        `insert into catalog.distrust (provider, served_at) values ($1, $2)
         on conflict (provider) do update set served_at = excluded.served_at`,
        [provider, now],
      );
      continue;
    }
    const known = (await listDistrust(client, [provider])).get(provider);
    if (outcome === "kept") {
      if (known === undefined) continue;
      const left = afterKept(known, { proposedAt, bytes });
      if (left === undefined) await clear(client, provider);
      else if (left !== known) await save(client, provider, left);
      continue;
    }
    const next = afterBreach(known, { kind: outcome, proposedAt, bytes }, now);
    await save(client, provider, next);
    if (next.at === known?.at) continue;
    breached = true;
    await tell(client, provider, next);
  }
  if (!breached) return;
  await forgiveShared(client, now);
  await forget(client, now);
}

async function save(client: PoolClient, provider: Address, known: Distrust): Promise<void> {
  await client.query(
    `insert into catalog.distrust (provider, kind, level, at, until, forgiven, owed, kept) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (provider) do update set kind = excluded.kind, level = excluded.level, at = excluded.at,
       until = excluded.until, forgiven = excluded.forgiven, owed = excluded.owed, kept = excluded.kept`,
    [provider, known.kind, known.level, known.at, known.until, known.forgiven, known.owed, known.kept],
  );
}

/** Nothing is held against it any more; that it served stays known. */
async function clear(client: PoolClient, provider: Address): Promise<void> {
  await client.query(
    `update catalog.distrust set kind = null, level = 0, at = null, until = 0, forgiven = 0, owed = 0, kept = 0
     where provider = $1`,
    [provider],
  );
}

const WORDS: Record<BreachKind, string> = {
  refused: "refused a shard that was proposed to it",
  failed: "did not take a shard that was proposed to it",
  full: "had no room for a shard that was proposed to it",
  unhealed: "did not let its damaged copy of a shard be rewritten",
};

/** In words, how a provider broke its promise: after "it" or its name. */
export function breachWords(kind: BreachKind): string {
  return WORDS[kind];
}

function tell(client: PoolClient, provider: Address, { kind, level, at, until }: Distrust): Promise<void> {
  return recordEvents(client, [
    {
      provider,
      kind: "provider-passed-over",
      severity: "warning",
      message: `Provider ${provider.slice(0, 10)} ${WORDS[kind]}, and is given no new shards for ${spanOf(until - at)}.`,
      next: "Nothing: others are asked. Deals of as many bytes that it keeps later make up for it; each further refusal makes the time longer.",
      data: { kind, level, until },
    },
  ]);
}

function spanOf(seconds: number): string {
  const [unit, size] = seconds < 3600 ? ["minute", 60] : seconds < 86_400 ? ["hour", 3600] : ["day", 86_400];
  const count = Math.round(seconds / (size as number));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

async function forgiveShared(client: PoolClient, now: Seconds): Promise<void> {
  const { rows } = await client.query(
    `select provider, coalesce(at > $1, false) as breached, coalesce(served_at > $1, false) as served from catalog.distrust
     where at > $1 or served_at > $1`,
    [now - SHARED_SECONDS],
  );
  const breached = rows.filter((row) => row.breached).map((row) => row.provider as Address);
  // Whoever took one shard and refused another has shown that the gateway can be heard.
  if (!isOwnFault(breached.length, rows.filter((row) => row.served).length)) return;
  for (const [provider, known] of await listDistrust(client, breached)) {
    const next = forgive(known, now);
    if (next !== known) await save(client, provider, next);
  }
}

async function forget(client: PoolClient, now: Seconds): Promise<void> {
  await client.query(
    `delete from catalog.distrust where greatest(coalesce(at, 0), coalesce(served_at, 0)) < $1 or provider in (
       select provider from catalog.distrust order by until > $2 desc, greatest(coalesce(at, 0), coalesce(served_at, 0)) desc offset $3)`,
    [now - REMEMBERED_SECONDS, now, MAX_PROVIDERS],
  );
}
