import { hash } from "node:crypto";
import { inTransaction } from "@cairn/database";
import { CairnError } from "@cairn/protocol/errors";
import type { Pool } from "pg";
import { type Beats, serialiseBeats } from "./beats.ts";

const fingerprintOf = (beats: Beats): Buffer => hash("sha256", serialiseBeats(beats), "buffer");

/**
 * Makes sure that a database belongs to these secrets; the first ones that come are its own. Under others, no proof could be verified.
 *
 * @throws CairnError `downstream-foreign-beats`
 */
export async function bindBeats(pool: Pool, beats: Beats): Promise<void> {
  const ours = fingerprintOf(beats);
  await pool.query("insert into downstream.beats (fingerprint) values ($1) on conflict do nothing", [ours]);
  const { rows } = await pool.query<{ fingerprint: Buffer }>("select fingerprint from downstream.beats");
  if (rows[0]?.fingerprint.equals(ours)) return;
  throw new CairnError("the contracts in this database were made under another heartbeat", {
    code: "downstream-foreign-beats",
    kind: "conflict",
    next: "Restore heartbeat.json from the home's backup, or give this node a database of its own. If it is lost for good, `cairn downstream renew` ends all contracts and goes on with a new one.",
  });
}

/**
 * Gives a database to these secrets after its own were lost: all contracts end, held against nobody, and every prepared chunk goes, as nothing
 * could be proved for them any more. Farmers keep their tokens and history. No node may be running on it.
 *
 * @returns how many contracts ended that had not before
 */
export async function renewBeats(pool: Pool, beats: Beats): Promise<number> {
  return inTransaction(pool, async (client) => {
    await client.query(
      "lock table downstream.tokens, downstream.contracts, downstream.files, downstream.chunks in access exclusive mode",
    );
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from downstream.contracts where not settled",
    );
    await client.query("truncate downstream.contracts, downstream.chunks");
    await client.query("delete from downstream.files where seed is not null");
    await client.query("update downstream.files set held = 0");
    await client.query(
      `insert into downstream.beats (fingerprint) values ($1)
       on conflict (single) do update set fingerprint = excluded.fingerprint`,
      [fingerprintOf(beats)],
    );
    return rows[0]!.count;
  });
}
