import type { Queryable } from "@cairn/catalog";

/** Which notices: some by their ids, or all up to one, so that none is marked that nobody has seen. */
export type Marked = { ids: readonly number[] } | { upTo: number };

/** @returns how many were not read before */
export async function markRead(db: Queryable, account: string, marked: Marked): Promise<number> {
  const { rowCount } =
    "ids" in marked
      ? await db.query(
          "update accounts.notices set read = true where account = $1 and not read and 'console' = any(channels) and id = any($2::bigint[])",
          [account, marked.ids],
        )
      : await db.query(
          "update accounts.notices set read = true where account = $1 and not read and 'console' = any(channels) and id <= $2",
          [account, marked.upTo],
        );
  return rowCount ?? 0;
}
