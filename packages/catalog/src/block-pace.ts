import type { Address, Seconds } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

interface Block {
  number: number;
  timestamp: Seconds;
}

/** The newest block that the catalog stands for, and that of the first deal of these owners: how fast blocks are made between the two. */
export async function blockPace(
  db: Queryable,
  owners: readonly Address[],
): Promise<{ head: Block | undefined; start: Block | undefined }> {
  const { rows } = await db.query(
    `select c.head_number::float8 as head, c.head_time::float8 as "headTime", d.proposed_block::float8 as start, d.proposed_at::float8 as "startTime"
     from catalog.cursors c left join lateral (
       select proposed_block, proposed_at from catalog.deals where owner = any($1) order by proposed_at limit 1) as d on true
     where c.name = 'ledger' and c.head_number is not null`,
    [owners.map((owner) => owner.toLowerCase())],
  );
  const row = rows[0] as { head: number; headTime: number; start: number | null; startTime: number | null } | undefined;
  if (row === undefined) return { head: undefined, start: undefined };
  const { head, headTime, start, startTime } = row;
  return {
    head: { number: head, timestamp: headTime },
    start: start === null || startTime === null ? undefined : { number: start, timestamp: startTime },
  };
}
