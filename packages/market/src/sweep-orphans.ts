import { join } from "node:path";
import { OVER, SPOOLED } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { forgetFiles } from "./drive/end-package.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { abandonPackage } from "./remove-package.ts";
import { loadSlots } from "./slot-rows.ts";
import { SPOOL_ID } from "./spool.ts";

/** An upload that nobody went on with. */
const STALE_SECONDS = 86_400;
/** A query's keys take about 60 kB then. */
const MANIFESTS_OF_ONE_QUERY = 1000;

/** Remove what a crash or a forgotten upload left: files of packages that are unknown or over, rebuilt shards that no slot waits for. */
export async function sweepOrphans(context: Context): Promise<void> {
  const { pool, spool } = context;
  const { rows } = await pool.query(
    `select id from catalog.packages where state in ('RECEIVING', 'COMMITTED') and touched_at < now() - make_interval(secs => $1)`,
    [STALE_SECONDS],
  );
  for (const { id } of rows as { id: string }[]) await abandonPackage(context, { id });

  for (const name of await spool.packages()) {
    if (name === SPOOL_ID) continue;
    const row = /^[0-9a-f]{32}$/.test(name) ? await find(context, name) : undefined;
    if (!row || OVER.includes(row.state)) {
      await spool.removePackage(name);
      continue;
    }
    const waiting = new Set(
      (await loadSlots(pool, row.id))
        .filter((slot) => slot.state.source === "rebuilt" || slot.state.source === "none")
        .map((slot) => `${slot.piece}-${slot.shard}.shard`),
    );
    for (const file of await spool.files(row.id)) {
      const wanted = file.endsWith(".car")
        ? SPOOLED.includes(row.state) || row.recovered || row.hot
        : waiting.has(file);
      if (!wanted) await spool.removeFile(join(spool.directory, row.id, file));
    }
  }
  const over = await pool.query(
    "select id, manifest_key from catalog.packages where state in ('REMOVED', 'ABANDONED', 'EXPIRED') and manifest_key is not null",
  );
  for (const { id } of over.rows as { id: string }[]) {
    await forgetFiles(context, await loadPackage(pool, id));
    await pool.query("update catalog.packages set manifest_key = null where id = $1", [id]);
  }
  await sweepManifests(context);
}

/** Remove manifests that were stored just before a crash, so that no package names them. */
async function sweepManifests(context: Context): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of context.blobs.list("manifests/")) {
    // Looked at before the rows: one that is written no more has its row by now.
    if (context.writing.has(key)) continue;
    keys.push(key);
    if (keys.length < MANIFESTS_OF_ONE_QUERY) continue;
    await removeUnnamed(context, keys);
    keys = [];
  }
  if (keys.length > 0) await removeUnnamed(context, keys);
}

async function removeUnnamed({ blobs, pool }: Context, listed: readonly string[]): Promise<void> {
  // The same of what other gateways write.
  const leased = await pool.query("select name from catalog.leases where name = any($1) and expires_at > now()", [
    listed,
  ]);
  const written = new Set((leased.rows as { name: string }[]).map(({ name }) => name));
  const keys = listed.filter((key) => !written.has(key));
  const { rows } = await pool.query("select manifest_key from catalog.packages where manifest_key = any($1)", [keys]);
  const named = new Set((rows as { manifest_key: string }[]).map((row) => row.manifest_key));
  for (const key of keys) if (!named.has(key)) await blobs.remove(key);
}

async function find(context: Context, id: string): Promise<PackageRow | undefined> {
  try {
    return await loadPackage(context.pool, id);
  } catch (error) {
    if (error instanceof CairnError && error.code === "unknown-package") return undefined;
    throw error;
  }
}
