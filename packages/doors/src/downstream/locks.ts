import type { PoolClient } from "pg";

/** Wait until no other transaction, in any process, holds the lock of this name; ours holds it to its end. */
export async function takeTurn(client: PoolClient, kind: "network" | "address", name: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`downstream ${kind} ${name}`]);
}

const WHITELIST = "downstream whitelist";

/** Keep the whitelist as it is to the end of this transaction; many may at once. */
export async function holdWhitelist(client: PoolClient): Promise<void> {
  await client.query("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", [WHITELIST]);
}

/** Wait until nobody relies on the whitelist as it is, and make others wait until this transaction has ended. */
export async function replaceWhitelist(client: PoolClient): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [WHITELIST]);
}
