import { listWallets } from "@cairn/accounts";
import { listKnownOwners, listProviderRows, listWork } from "@cairn/catalog";
import type { ProviderDetailJson } from "@cairn/client";
import { describeHours, HOURS_PER_WEEK, periodStart, standingOf } from "@cairn/core";
import { type Address, CairnError } from "@cairn/protocol";
import type { GatewayContext } from "./gateway-context.ts";
import { providerToJson } from "./package-json.ts";

/** How far back misses are told of. */
const MISSES_SECONDS = 30 * 86_400;
const SOUND = ["proved", "chain", "off-duty", "unheard"];

/**
 * One provider: its offer, hours and place, what its rating stands on, and what it holds of the account that asks.
 * @throws CairnError `unknown-provider`
 */
export async function providerDetail(
  gateway: Pick<GatewayContext, "pool" | "market" | "network" | "ledger" | "chainNow" | "transport">,
  account: string,
  address: string,
): Promise<ProviderDetailJson> {
  const { pool, network, ledger } = gateway;
  const provider = address.toLowerCase() as Address;
  const [status] = await gateway.market.listProviders(provider);
  if (status === undefined) {
    throw new CairnError(`there is no provider ${address}`, {
      code: "unknown-provider",
      kind: "missing",
      next: "GET /api/v1/providers (`cairn providers`) lists those that there are.",
    });
  }
  const verifierSet = network.verifierSet as `0x${string}`;
  const [[row], work, known] = await Promise.all([
    listProviderRows(pool, [verifierSet], provider),
    listWork(pool, verifierSet),
    listKnownOwners(pool),
  ]);
  const standing = standingOf(work.get(provider) ?? [], known);
  const now = gateway.chainNow();
  const owners = (await listWallets(pool, account)).map((wallet) => wallet.address);
  const { deployment } = ledger;
  const oldest = Math.floor((now - MISSES_SECONDS - deployment.genesisTime) / deployment.periodSeconds);
  const { rows: misses } = await pool.query<{ outcome: string; deals: number; last: number }>(
    `select c.outcome, count(distinct d.deal)::int as deals, max(c.to_period)::float8 as last
     from catalog.deals d join audit.custody c on c.deal = d.deal and c.to_period >= $2 and c.outcome <> all($3)
     where d.provider = $1 and d.state in ('PROPOSED', 'ACTIVE') group by c.outcome order by deals desc, c.outcome`,
    [provider, oldest, SOUND],
  );
  const { rows: facts } = await pool.query<Record<string, string | null>>(
    `select (select since from catalog.providers where provider = $1)::text as since,
       (select coalesce(sum(deals), 0) from catalog.deal_figures where provider = $1 and state = 'FAILED')::text as failed,
       (select max(last_proved) from catalog.deals where provider = $1 and state in ('PROPOSED', 'ACTIVE'))::text as proved,
       mine.* from (
         select count(*)::text as deals, coalesce(sum(raw_length), 0)::text as bytes, count(distinct (owner, document_hash))::text as packages
         from catalog.deals where owner = any($2) and provider = $1 and state in ('PROPOSED', 'ACTIVE')) mine`,
    [provider, owners],
  );
  const { since, failed, proved, deals, bytes, packages } = facts[0]!;
  const { duty } = status;
  const hours = Array.from({ length: HOURS_PER_WEEK }, (_, hour) => hour).filter((hour) => (duty >> BigInt(hour)) & 1n);
  const provedAt = proved == null ? null : periodStart(Number(proved) + 1, deployment);
  return {
    ...providerToJson(status),
    hours: hours.length === HOURS_PER_WEEK ? "always" : describeHours(hours),
    egressPrice: (row?.egressPrice ?? 0n).toString(),
    newcomer: standing.newcomer,
    reasons: reasonsOf(status, standing, Number(failed ?? 0)),
    misses: misses.map(({ outcome, deals, last }) => ({
      outcome,
      deals,
      lastAt: periodStart(last, deployment),
    })),
    failed: Number(failed ?? 0),
    mine: { deals: Number(deals ?? 0), bytes: bytes ?? "0", packages: Number(packages ?? 0) },
    since: since == null ? null : Number(since),
    lastSeen: status.connected ? Math.floor(now) : provedAt,
  };
}

function reasonsOf(
  { fulfilled, committed, rating }: { fulfilled: bigint; committed: bigint; rating: number },
  { score, counted, newcomer }: { score: number; counted: bigint; newcomer: boolean },
  failed: number,
): string[] {
  return [
    committed === 0n
      ? "Nothing was to be proved by it yet: it is rated 90 % to begin with."
      : `It proved ${fulfilled} of the ${committed} periods of shards that it was to prove: ${rating} %.`,
    `Its score is ${score / 100} %: ${counted} of these count here, together with 24 at 90 % that every provider begins with; work that nobody paid for, or that unknown owners gave it, counts little.`,
    ...(newcomer ? ["It is a newcomer: with fewer than 24 that count it gets only a small share of each piece."] : []),
    ...(failed > 0 ? [`It lost ${failed} ${failed === 1 ? "deal" : "deals"} by its own fault.`] : []),
  ];
}
