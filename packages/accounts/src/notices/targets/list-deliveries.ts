import { cursorOf, PAGE_LIMIT, type Page, type Queryable, readCursor } from "@cairn/catalog";

export interface Delivery {
  id: string;
  notice: number;
  kind: string;
  state: "waiting" | "delivered" | "given-up";
  createdAt: number;
  attempts: number;
  triedAt: number | null;
  /** When it is tried again; null where it is not. */
  dueAt: number | null;
  /** Of the last answer, where there was one. */
  status: number | null;
  error: string | null;
}

/** A page of what was sent to a webhook of an account, the newest first; of another's nothing. @throws CairnError `bad-cursor` */
export async function listDeliveries(
  db: Queryable,
  { account, target, after, limit = PAGE_LIMIT }: { account: string; target: string; after?: string; limit?: number },
): Promise<Page<Delivery>> {
  const cursor = readCursor(after, "bigint");
  const seconds = (column: string) => `floor(extract(epoch from ${column}))::float8`;
  const { rows } = await db.query(
    `select d.id, d.notice::float8 as notice, n.kind, d.state, ${seconds("d.created_at")} as "createdAt", d.attempts, ${seconds("d.tried_at")} as "triedAt",
       case when d.state = 'waiting' then ${seconds("greatest(d.due_at, t.due_at)")} end as "dueAt", d.status, d.error
     from accounts.deliveries d join accounts.targets t on t.id = d.target join accounts.notices n on n.id = d.notice
     where d.target = $2 and t.account = $1 and ($3::bigint is null or d.notice < $3) order by d.notice desc limit $4`,
    [account, target, cursor?.sorted ?? null, limit + 1],
  );
  const deliveries = rows.slice(0, limit) as Delivery[];
  const last = rows.length > limit ? deliveries.at(-1) : undefined;
  return { rows: deliveries, next: last === undefined ? null : cursorOf(last.notice, "") };
}
