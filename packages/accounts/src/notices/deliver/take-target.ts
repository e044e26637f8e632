import { randomBytes } from "node:crypto";
import type { AccountsContext } from "../../accounts-context.ts";

/** Longer than a turn takes: deliveries of a turn are few, and each has its time. */
export const TURN_SECONDS = 150;

/** A place that something waits for, taken for a turn. */
export interface TakenTarget {
  id: string;
  account: string;
  kind: "webhook" | "mail";
  place: string;
  label: string;
  secret: Buffer | null;
  failures: number;
  /** Of this turn. */
  holder: string;
}

/**
 * The next target that something waits for, for one turn: no other process sends to it until the turn is given back or its time is over. Whoever was served
 * longest ago goes first.
 */
export async function takeTarget(
  { pool, clock }: AccountsContext,
  kinds: readonly string[],
): Promise<TakenTarget | undefined> {
  const [holder, now] = [randomBytes(8).toString("hex"), clock.now()];
  const { rows } = await pool.query({
    name: "accounts-take-target",
    text: `update accounts.targets set holder = $1, held_until = to_timestamp($2) + $3 * interval '1 second' where id = (
        select t.id from accounts.targets t
        where t.kind = any($4) and t.confirmed_at is not null and t.due_at <= to_timestamp($2)
          and (t.held_until is null or t.held_until <= to_timestamp($2))
          and exists (select from accounts.deliveries d where d.target = t.id and d.state = 'waiting' and d.due_at <= to_timestamp($2))
        order by t.held_until nulls first, t.due_at limit 1 for update skip locked)
      returning id, account, kind, place, label, secret, failures, holder`,
    values: [holder, now, TURN_SECONDS, kinds],
  });
  return rows[0] as TakenTarget | undefined;
}

/** Seconds until a place that failed so often in a row is tried again: 10 s, doubled each time, six hours at most. Pure. */
export const pauseAfter = (failures: number): number => Math.min(21_600, 10 * 2 ** Math.min(failures - 1, 20));
