import { CairnError } from "@cairn/protocol";
import type { Context } from "./context.ts";
import type { PackageRow } from "./package-rows.ts";
import type { SlotRow } from "./slot-rows.ts";

type Here = Pick<Context, "spoolId">;

/** Whether a package's upload lies in the spool of this gateway, or in none. */
function isHere({ spoolId }: Here, { spool }: Pick<PackageRow, "spool">): boolean {
  return spool === null || spool === spoolId;
}

/** Whether the bytes of a slot's shard may be looked for in this gateway's spool. */
export function isSourceHere(context: Here, row: Pick<PackageRow, "spool">, slot: SlotRow): boolean {
  return slot.state.source !== "spool" || isHere(context, row);
}

/** @throws CairnError `held-elsewhere` with the URL of the gateway that has the upload */
export async function requireHere(
  context: Here & Pick<Context, "pool">,
  row: Pick<PackageRow, "id" | "spool">,
): Promise<void> {
  if (!isHere(context, row)) throw await heldElsewhere(context, row);
}

export async function heldElsewhere(
  { pool }: Pick<Context, "pool">,
  { id, spool }: Pick<PackageRow, "id" | "spool">,
): Promise<CairnError> {
  const { rows } = await pool.query<{ url: string }>(
    "select url from catalog.gateways where spool = $1 order by seen_at desc limit 1",
    [spool],
  );
  const url = rows[0]?.url;
  return new CairnError(`the upload of package ${id} lies at ${url ? `the gateway ${url}` : "another gateway"}`, {
    code: "held-elsewhere",
    kind: "conflict",
    next: `Send it to ${url || "that gateway"}, or begin the upload anew here.`,
    details: { ...(url ? { url } : {}) },
  });
}
