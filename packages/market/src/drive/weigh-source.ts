import { createHash } from "node:crypto";
import { recordEvents } from "@cairn/catalog";
import type { SlotEvent } from "@cairn/core";
import { PieceHasher } from "@cairn/proofs";
import { CairnError } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { openShard } from "../shard-source.ts";
import { blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";

/** A damaged manifest is not mended by asking again soon. */
const MANIFEST_PAUSE_SECONDS = 600;

/**
 * A provider says that what it was sent is not what was committed to: read the shard and the manifest here as it did. Undefined when both are
 * right; else what the slot is to do, and the damage is recorded: the provider told the truth.
 */
export async function weighSource(context: Context, row: PackageRow, slot: SlotRow): Promise<SlotEvent | undefined> {
  if (!(await isShardRight(context, row, slot))) {
    await recordDamage(context, row, `shard ${slot.shard} of piece ${slot.piece}`);
    return { type: "source-gone" };
  }
  if (await isManifestRight(context, row)) return undefined;
  await recordDamage(context, row, "the manifest");
  const damaged = new CairnError("the manifest is damaged on this gateway's disk", {
    code: "corrupt-spool",
    kind: "corrupt",
    next: "Remove the package and put the folder again.",
  });
  return blockedBy(damaged, MANIFEST_PAUSE_SECONDS);
}

async function isShardRight(context: Context, row: PackageRow, slot: SlotRow): Promise<boolean> {
  const hasher = new PieceHasher();
  try {
    for await (const part of await openShard(context, row, slot, 0)) hasher.update(part);
  } catch (error) {
    if (error instanceof CairnError && error.code === "source-gone") return false;
    throw error;
  }
  return `0x${Buffer.from(hasher.digest().root).toString("hex")}` === slot.commitment;
}

async function isManifestRight({ blobs }: Context, { manifest }: PackageRow): Promise<boolean> {
  const hash = createHash("sha256");
  try {
    for await (const part of blobs.read(manifest!.key)) hash.update(part);
  } catch (error) {
    if (error instanceof CairnError && (error.kind === "missing" || error.kind === "corrupt")) return false;
    throw error;
  }
  return `0x${hash.digest("hex")}` === manifest!.sha256;
}

async function recordDamage({ pool }: Context, { id }: PackageRow, what: string): Promise<void> {
  await recordEvents(pool, [
    {
      package: id,
      kind: "spool-damaged",
      severity: "error",
      message: `What this gateway holds of ${what} is damaged: the provider that refused it is not to blame.`,
      next: "Look at the gateway's disk. A shard is rebuilt where enough others are stored; otherwise remove the package and put the folder again.",
    },
  ]);
}
