import { createMask, shardLength } from "@cairn/archive/erasure";
import type { Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow, PieceRow } from "../package-rows.ts";
import { loadPieceSlots } from "../slot-rows.ts";
import { asNoSpace } from "../spool.ts";
import { writeAll } from "../write-all.ts";
import { rebuildShard } from "./rebuild-shard.ts";

/** Bring a whole piece back into the spool; each of its data shards is held against its commitment. */
export async function fetchPiece(
  context: Context,
  row: PackageRow,
  piece: PieceRow,
  capability: Signed<"ReadCapability">,
  signal: AbortSignal,
): Promise<void> {
  const { spool } = context;
  await spool.assertSpace(piece.length, "the recovered piece");
  await spool.prepare(row.id);
  const slots = await loadPieceSlots(context.pool, row.id, piece.number);
  const length = shardLength(piece.length, row.k);
  const file = await spool.openFile(spool.piecePath(row.id, piece.number));
  try {
    for (let shard = 0; shard * length < piece.length; shard++) {
      await rebuildShard(context, {
        row,
        piece,
        slots,
        shard,
        capability,
        except: new Set(),
        signal,
        async write(bytes, offset) {
          const { repairKey, mask } = row;
          const unmask = createMask({ repairKey, package: row.id, piece: piece.number, shard, mask }, offset);
          await writeAll(file, unmask(bytes), shard * length + offset);
        },
      });
    }
    await file.truncate(piece.length);
  } catch (error) {
    throw asNoSpace(error, "the recovered piece");
  } finally {
    await file.close();
  }
}
