import { type LedgerEvent, lastScheduledPeriod, type PeriodClock, periodAt, periodStart } from "@cairn/core";
import type { DealState, SigningContext } from "@cairn/protocol";
import type { PoolClient } from "pg";
import type { NewEvent } from "./events.ts";
import { keepProposal } from "./keep-proposal.ts";
import { enqueue } from "./outbox.ts";
import { enterEvent, isPaidFromReserve } from "./statement.ts";

interface KnownDeal {
  deal: string;
  document_hash: string;
  provider: string;
  piece: number;
  shard: number;
  state: DealState;
  package: string | null;
}

/** Write one event's change of `deals` and `escrows`; what a person may want to know of it comes back. */
export async function applyDealEvent(
  client: PoolClient,
  event: LedgerEvent,
  clock: PeriodClock & SigningContext,
): Promise<NewEvent[]> {
  await enterEvent(client, event);
  switch (event.name) {
    case "PackageCreated":
      await client.query(
        `insert into catalog.escrows (document_hash, owner, executor, reserve, created_block) values ($1, $2, $3, $4, $5)
         on conflict (owner, document_hash) do nothing`,
        [
          event.documentHash,
          event.owner.toLowerCase(),
          event.executor.toLowerCase(),
          event.reserve.toString(),
          event.block,
        ],
      );
      return [];
    case "DealProposed":
      if (await isPaidFromReserve(client, event)) {
        await client.query(
          "update catalog.escrows set reserve = reserve - $3 where document_hash = $1 and owner = $2",
          [event.documentHash, event.owner.toLowerCase(), event.escrow.toString()],
        );
      }
      await client.query(
        `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period,
           periods, duty, verifier_set, escrow, deadline, state, proposed_at, proposed_block)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'PROPOSED', $15, $16) on conflict (deal) do nothing`,
        [
          event.deal,
          event.documentHash,
          event.owner.toLowerCase(),
          event.provider.toLowerCase(),
          event.piece,
          event.shard,
          event.commitment,
          event.rawLength.toString(),
          event.pricePerPeriod.toString(),
          event.periods,
          event.duty.toString(),
          event.verifierSet,
          event.escrow.toString(),
          event.deadline,
          event.time,
          event.block,
        ],
      );
      await keepProposal(client, event.deal, clock);
      return [];
    case "DealReceived":
      await receive(client, event, clock);
      return [];
    case "DealStateChanged":
      return changeState(client, event.deal, event.state, event.time);
    case "DealPaid":
      // A PROPOSED deal is paid for the space that was kept free: that is no work.
      await client.query(
        `with paid as (update catalog.deals set paid = paid + $2, paid_periods = paid_periods + $3 where deal = $1
           returning provider, verifier_set, owner, state)
         insert into catalog.work as w (provider, verifier_set, owner, paid)
         select provider, verifier_set, owner, $2 from paid where state <> 'PROPOSED'
         on conflict (provider, verifier_set, owner) do update set paid = w.paid + excluded.paid`,
        [event.deal, event.amount.toString(), event.periods],
      );
      return [];
    case "WorkLogged":
      await client.query(
        `insert into catalog.work as w (provider, verifier_set, owner, fulfilled, committed)
         select $2, $3, owner, $4, $5 from catalog.deals where deal = $1
         on conflict (provider, verifier_set, owner) do update
           set fulfilled = w.fulfilled + excluded.fulfilled, committed = w.committed + excluded.committed`,
        [event.deal, event.provider, event.set, event.fulfilled.toString(), event.committed.toString()],
      );
      return [];
    case "DealRefunded":
      await client.query(
        `with refunded as (update catalog.deals set refunded = refunded + $2 where deal = $1 returning owner, document_hash)
         update catalog.escrows e set reserve = reserve + $2 from refunded r
           where $3 and e.owner = r.owner and e.document_hash = r.document_hash`,
        [event.deal, event.amount.toString(), event.toReserve],
      );
      return [];
    case "PackageTerminated":
      await client.query(
        `update catalog.deals set last_period = $3, ends_at = least(ends_at, $4)
         where document_hash = $1 and owner = $2 and state = 'ACTIVE'`,
        [event.documentHash, event.owner.toLowerCase(), event.lastPeriod, periodStart(event.lastPeriod + 1, clock)],
      );
      return [];
    case "ReserveReleased":
      await client.query(
        "update catalog.escrows set released = true, reserve = 0 where document_hash = $1 and owner = $2",
        [event.documentHash, event.owner.toLowerCase()],
      );
      return [];
    default:
      return [];
  }
}

/** From its receipt on it is known when a deal ends by itself. */
async function receive(
  client: PoolClient,
  event: Extract<LedgerEvent, { name: "DealReceived" }>,
  clock: PeriodClock,
): Promise<void> {
  const { rows } = await client.query<{ periods: number; duty: string }>(
    "update catalog.deals set received_at = $2, received_block = $3 where deal = $1 returning periods, duty::text",
    [event.deal, event.time, event.block],
  );
  if (rows[0] === undefined) return;
  const { periods, duty } = rows[0];
  const last = lastScheduledPeriod(periodAt(event.time, clock), periods, BigInt(duty), clock);
  await client.query("update catalog.deals set ends_at = $2 where deal = $1", [
    event.deal,
    periodStart(last + 1, clock),
  ]);
}

async function changeState(client: PoolClient, deal: string, state: DealState, time: number): Promise<NewEvent[]> {
  const { rows } = await client.query(
    `update catalog.deals d set state = $2,
       activated_at = case when $2 = 'ACTIVE' then $3 else activated_at end,
       ended_at = case when $2 in ('COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED') then $3 else ended_at end
     where deal = $1
     returning deal, document_hash, provider, piece, shard, state,
       (select p.id from catalog.packages p where p.document_hash = d.document_hash and p.owner = d.owner limit 1) as package`,
    [deal, state, time],
  );
  const known = rows[0] as KnownDeal | undefined;
  if (!known) return [];
  await enqueue(client, "deal-state", {
    deal: known.deal as `0x${string}`,
    documentHash: known.document_hash as `0x${string}`,
    state,
  });
  const told = describe(known);
  return known.package === null || told === undefined
    ? []
    : [
        {
          package: known.package,
          provider: known.provider as `0x${string}`,
          deal: known.deal as `0x${string}`,
          data: { piece: known.piece, shard: known.shard },
          ...told,
        },
      ];
}

function describe(deal: KnownDeal): Pick<NewEvent, "kind" | "severity" | "message" | "next"> | undefined {
  const who = `provider ${deal.provider.slice(0, 10)}`;
  const what = `shard ${deal.shard} of piece ${deal.piece}`;
  switch (deal.state) {
    case "ACTIVE":
      return {
        kind: "deal-active",
        severity: "info",
        message: `${capital(who)} holds ${what} and has proved it; pay runs.`,
      };
    case "FAILED":
      return {
        kind: "deal-failed",
        severity: "warning",
        message: `${capital(who)} lost its deal on ${what}: the verifiers found it at fault. The shard will be rebuilt elsewhere.`,
      };
    case "COMPLETED":
      return { kind: "deal-completed", severity: "info", message: `The deal on ${what} with ${who} ended as agreed.` };
    case "CANCELLED":
      return {
        kind: "deal-cancelled",
        severity: "info",
        message: `The proposal of ${what} to ${who} was withdrawn; only the space kept free for it is paid.`,
      };
    case "EXPIRED":
      return {
        kind: "deal-expired",
        severity: "info",
        message: `${capital(who)} did not take ${what} in time; only the space kept free for it is paid.`,
      };
    default:
      return undefined;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
