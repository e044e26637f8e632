import type pg from "pg";

/** An answer that was verified against the contract as it stood with `answers` answers. */
export interface VerifiedAnswer {
  contract: string;
  token: number;
  answers: number;
  seed: Buffer | undefined;
}

const SEED_BYTES = 32;
const NO_SEED = Buffer.alloc(SEED_BYTES);

/**
 * Tokens first, then contracts, each in the order of their ids: all who lock several rows of these tables do so, lest they wait for each
 * other. An update that had to wait sees the row as it then is, so that an answer which another process counted meanwhile is left out.
 */
const COUNT = `
with verified as materialized (
  select id, answers, substring($3::bytea from (o::int - 1) * ${SEED_BYTES} + 1 for ${SEED_BYTES}) as seed
  from unnest($1::bigint[], $2::int[]) with ordinality as x (id, answers, o)
), farmers as materialized (
  select id from downstream.tokens where id = any ($4::int[]) order by id for no key update
), locked as materialized (
  select id from downstream.contracts where (select count(*) from farmers) > 0 and id = any ($1::bigint[])
  order by id for no key update
), counted as (
  update downstream.contracts c
  set answers = c.answers + 1, seed = case when c.seed is null then null else v.seed end, firm = true
  from verified v
  where (select count(*) from locked) > 0 and c.id = any ($1::bigint[]) and c.id = v.id and c.answers = v.answers and not c.settled
  returning c.id, c.token_id, c.start, c.start + (c.answers + 1) * c.interval as expiry
), gained as (
  select token_id, count(*) as answers, min(start) as start, max(expiry) as until from counted group by token_id
), credited as (
  update downstream.tokens t
  set heartbeats = t.heartbeats + g.answers,
    first_start = coalesce(t.first_start, g.start),
    covered_seconds = t.covered_seconds + g.until - case
      when t.covered_until >= $5 then least(g.until, t.covered_until)
      when t.covered_until is null then g.start
      else $5
    end,
    covered_until = greatest(t.covered_until, g.until)
  from gained g where t.id = any ($4::int[]) and t.id = g.token_id
)
select array(select id from verified except select id from counted)::text[]`;

/**
 * Count verified answers, one for each contract at most, in one durable statement: contracts move on, farmers get their heartbeats and time
 * covered. An answer shows that the contract has reached its farmer, too. `now` in seconds since 1970.
 *
 * @returns ids of contracts that had changed since they were read, or are gone: their answers were not counted
 */
export async function countAnswers(
  pool: pg.Pool,
  verified: readonly VerifiedAnswer[],
  now: number,
): Promise<Set<string>> {
  if (verified.length === 0) return new Set();
  const { rows } = await pool.query<[string[]], unknown[]>({
    name: "downstream-count-answers",
    rowMode: "array",
    text: COUNT,
    values: [
      `{${verified.map(({ contract }) => contract).join(",")}}`,
      `{${verified.map(({ answers }) => answers).join(",")}}`,
      Buffer.concat(verified.map(({ seed }) => seed ?? NO_SEED)),
      `{${[...new Set(verified.map(({ token }) => token))].join(",")}}`,
      now,
    ],
  });
  return new Set(rows[0]![0]);
}
