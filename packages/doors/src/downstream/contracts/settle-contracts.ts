import type pg from "pg";
import type { ContractBeats } from "./contract-beats.ts";

export interface Settled {
  /** Contracts whose end was counted. */
  ended: number;
  /** Those of them that ended because a window passed without an answer. */
  missed: number;
  /** Chunks of never answered contracts that are free again. */
  returned: number;
}

/** An answer that came in time may still be on its way to the table: a contract is settled this many seconds after its end. */
const GRACE_SECONDS = 5;
const MOST_PER_STATEMENT = 500;

const FIND = `
select c.id, c.token_id, c.file_id, case when c.answers = 0 then c.seed end
from downstream.contracts c
where c.ctid >= $1::tid and c.ctid < $2::tid and not c.settled and c.start + (c.answers + 1) * c.interval <= $3
order by c.id`;

/** Locks in the order in which counting answers takes them. What the farmer was shown of a chunk (window 0) is passed over when it returns. */
const SETTLE = `
with farmers as materialized (
  select id from downstream.tokens where id = any ($2::int[]) order by id for no key update
), locked as materialized (
  select id from downstream.contracts where (select count(*) from farmers) > 0 and id = any ($1::bigint[])
  order by id for no key update
), held as materialized (
  select id from downstream.files where (select count(*) from locked) > 0 and id = any ($3::bigint[])
  order by id for no key update
), ended as (
  update downstream.contracts c set settled = true
  where (select count(*) from held) > 0 and c.id = any ($1::bigint[])
    and not c.settled and c.start + (c.answers + 1) * c.interval <= $4
  returning c.id, c.token_id, c.file_id, c.answers, c.round,
    c.firm and (c.rounds is null or c.round + c.answers < c.rounds) as missed
), blamed as (
  update downstream.tokens t set missed = t.missed + e.windows
  from (select token_id, count(*) as windows from ended where missed group by token_id) as e
  where t.id = e.token_id
), let_go as (
  update downstream.files f set held = greatest(0, f.held - e.copies)
  from (select file_id, count(*) as copies from ended group by file_id) as e
  where f.id = e.file_id
), returned as (
  update downstream.chunks k
  set contract_id = null, round = e.round + 1, seed = coalesce(s.seed, k.seed)
  from ended e
  left join unnest($1::bigint[], $5::bytea[]) as s (id, seed) on s.id = e.id
  where k.contract_id = e.id and e.answers = 0 and (k.rounds is null or e.round + 1 < k.rounds)
  returning k.id
)
select (select count(*)::int from ended), (select count(*)::int from ended where missed), (select count(*)::int from returned)`;

/** How many pages of 8 KiB the table of contracts has now. */
export async function contractPages(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ pages: number }>(
    "select (pg_relation_size('downstream.contracts') / current_setting('block_size')::bigint)::int as pages",
  );
  return rows[0]!.pages;
}

/**
 * Count the ends of contracts that expired before `now` (seconds since 1970) and stand in pages [from, until) of their table, 0 to
 * the end by default: the file has one holder fewer, the farmer has missed a window unless challenges ran out
 * or he may never have heard of the contract, and a chunk that was never
 * answered for is free again. The table is walked by pages because no index keeps the expiry: answers would have to keep that up to date.
 */
export async function settleContracts(
  pool: pg.Pool,
  beats: Pick<ContractBeats, "nextSeed">,
  now: number,
  pages?: { from: number; until: number },
): Promise<Settled> {
  const { from, until } = pages ?? { from: 0, until: await contractPages(pool) };
  const before = now - GRACE_SECONDS;
  const { rows } = await pool.query<[string, number, string, Buffer | null], unknown[]>({
    name: "downstream-find-ended",
    rowMode: "array",
    text: FIND,
    values: [`(${from},0)`, `(${until},0)`, before],
  });
  const total: Settled = { ended: 0, missed: 0, returned: 0 };
  for (let at = 0; at < rows.length; at += MOST_PER_STATEMENT) {
    const some = rows.slice(at, at + MOST_PER_STATEMENT);
    const result = await pool.query<[number, number, number], unknown[]>({
      name: "downstream-settle",
      rowMode: "array",
      text: SETTLE,
      values: [
        some.map(([id]) => id),
        [...new Set(some.map(([, token]) => token))],
        [...new Set(some.map(([, , file]) => file))],
        before,
        some.map(([, , , seed]) => seed && beats.nextSeed(seed)),
      ],
    });
    const [ended, missed, returned] = result.rows[0]!;
    total.ended += ended;
    total.missed += missed;
    total.returned += returned;
  }
  return total;
}
