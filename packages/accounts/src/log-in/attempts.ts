import { createHmac } from "node:crypto";
import type { Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";

/** Failures that cost nothing, by what they are counted for. A network is a whole house, and a guesser tries many names from one. */
const FREE = { user: 5, network: 20 } as const;
/** Beyond those each failure doubles the wait, from a second on. */
const LONGEST_WAIT_SECONDS = 900;
/** After a day without another failure all is forgotten. */
const FORGOTTEN_AFTER_SECONDS = 86_400;
/** Rows kept; the ones with the fewest failures are forgotten first, so that made-up names do not push out who is attacked. */
const MOST_ROWS = 20_000;

/** How long to wait after so many failures. */
export function waitAfter(failures: number, kind: keyof typeof FREE): number {
  const beyond = failures - FREE[kind];
  return beyond < 0 ? 0 : Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.min(beyond, 20));
}

/** Key of a counter. Names and addresses cannot be read out of the database. */
export async function counterKey(db: Queryable, ...parts: string[]): Promise<Buffer> {
  const { rows } = await db.query({ name: "accounts-pepper", text: "select pepper from accounts.policy" });
  const { pepper } = rows[0] as { pepper: Buffer };
  return createHmac("sha256", pepper).update(JSON.stringify(parts)).digest();
}

/**
 * Count an attempt as failed before it is made, so that many at once gain nothing; `forgive` takes that back.
 * @returns the failures that are counted now
 * @throws CairnError `too-many-attempts` with details.retryAfter where the wait is not over; nothing is counted then
 */
async function takeAttempt({ pool, clock }: AccountsContext, key: Buffer, kind: keyof typeof FREE): Promise<number> {
  const now = clock.now();
  const { rows } = await pool.query(
    `insert into accounts.attempts as a (key, failures, at, until) values ($1, 1, to_timestamp($2), to_timestamp($2))
     on conflict (key) do update set
       failures = case when a.at < to_timestamp($2 - $3::float8) then 1 else a.failures + 1 end,
       at = to_timestamp($2),
       until = to_timestamp($2 + case when a.at < to_timestamp($2 - $3::float8) or a.failures + 1 < $4::int then 0
         else least($5::float8, 2 ^ least(a.failures + 1 - $4::int, 20)) end)
     where a.until <= to_timestamp($2)
     returning failures`,
    [key, now, FORGOTTEN_AFTER_SECONDS, FREE[kind], LONGEST_WAIT_SECONDS],
  );
  if (rows.length > 0) return (rows[0] as { failures: number }).failures;
  const found = await pool.query<{ wait: number }>(
    "select extract(epoch from until)::float8 - $2 as wait from accounts.attempts where key = $1",
    [key, now],
  );
  const seconds = Math.max(1, Math.ceil(found.rows[0]?.wait ?? 1));
  throw new CairnError(
    kind === "user" ? "too many wrong passwords for this user" : "too many failed attempts from this network",
    {
      code: "too-many-attempts",
      kind: "unavailable",
      details: { retryAfter: seconds },
      next: `Try again in ${seconds} s. Sessions and tokens that are open go on working.`,
    },
  );
}

/** Whether it was refused for want of room, and nothing was found out about a password. */
export const isBusy = (error: unknown): boolean => error instanceof CairnError && error.code === "busy";

/**
 * Count an attempt, make it, and give the count back where it ended in `busy`: nobody's password was tried then. What ends otherwise stays counted.
 * @throws CairnError `too-many-attempts`
 */
export async function attempted<T>(
  context: AccountsContext,
  counters: readonly { key: Buffer; kind: keyof typeof FREE }[],
  attempt: () => Promise<T>,
): Promise<T> {
  const taken: { key: Buffer; failures: number }[] = [];
  try {
    for (const { key, kind } of counters) taken.push({ key, failures: await takeAttempt(context, key, kind) });
    return await attempt();
  } catch (error) {
    if (isBusy(error)) for (const one of taken) await giveBackAttempt(context, one);
    throw error;
  }
}

/** As it was before; the wait of an attempt that was made since stays. */
async function giveBackAttempt(
  { pool }: Pick<AccountsContext, "pool">,
  { key, failures }: { key: Buffer; failures: number },
): Promise<void> {
  await pool.query(
    `with gone as (delete from accounts.attempts where key = $1 and failures <= 1)
     update accounts.attempts set failures = failures - 1, until = case when failures = $2 then at else until end
     where key = $1 and failures > 1`,
    [key, failures],
  );
}

/** The attempt went well: what was counted for it is taken back, all of it for a user. */
export async function forgive({ pool }: Pick<AccountsContext, "pool">, key: Buffer, kind: keyof typeof FREE) {
  if (kind === "user") await pool.query("delete from accounts.attempts where key = $1", [key]);
  else await pool.query("update accounts.attempts set failures = failures - 1, until = at where key = $1", [key]);
}

/** Forget old failures, and keep no more than MOST_ROWS. */
export async function forgetAttempts({ pool, clock }: AccountsContext, most = MOST_ROWS): Promise<void> {
  await pool.query("delete from accounts.attempts where at < to_timestamp($1)", [
    clock.now() - FORGOTTEN_AFTER_SECONDS,
  ]);
  await pool.query(
    `delete from accounts.attempts where key in (select key from accounts.attempts order by failures desc, at desc offset $1)`,
    [most],
  );
}
