import type { Queryable } from "@cairn/catalog";
import { SPOOLED } from "@cairn/core/package-states";

/** Bytes of the manifests of an account's packages that are not stored yet. */
export async function manifestBytes(db: Queryable, account: string): Promise<number> {
  const { rows } = await db.query(
    "select coalesce(sum(manifest_size), 0)::float8 as bytes from catalog.packages where account = $1 and state = any($2)",
    [account, SPOOLED],
  );
  return (rows[0] as { bytes: number }).bytes;
}
