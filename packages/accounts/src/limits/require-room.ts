import type { Queryable } from "@cairn/catalog";
import { OVER } from "@cairn/core/package-states";
import { limitReached } from "./limit-reached.ts";
import { limitsOf } from "./limits.ts";

export async function packagesOf(db: Queryable, account: string): Promise<number> {
  const { rows } = await db.query(
    "select count(*)::int as n from catalog.packages where account = $1 and state <> all($2)",
    [account, OVER],
  );
  return (rows[0] as { n: number }).n;
}

/** @throws CairnError `limit-reached` where the account has as many packages as it may; not for one that is there */
export async function requirePackageRoom(db: Queryable, account: string, opened: string): Promise<void> {
  const { packages } = await limitsOf(db, account);
  if (packages === null) return;
  const { rows } = await db.query("select 1 from catalog.packages where id = $1 and account = $2", [opened, account]);
  if (rows.length > 0) return;
  const used = await packagesOf(db, account);
  if (used >= packages) throw limitReached("packages", { value: packages, used });
}
