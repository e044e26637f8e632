import { insertBlocks, removeBlocks } from "@cairn/catalog";
import type { PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { unpack } from "./kernels/index-car.ts";

/**
 * Verify every block of a piece file of the spool against its CID, and write where each lies; an earlier index of the piece is replaced.
 * @throws CairnError `corrupt-car`, `corrupt-block`
 */
export async function indexPiece(
  context: Pick<Context, "pool" | "spool" | "kernels">,
  id: PackageId,
  piece: number,
  signal?: AbortSignal,
): Promise<void> {
  await removeBlocks(context.pool, id, piece);
  const path = context.spool.piecePath(id, piece);
  await context.kernels.run({ kind: "index", path }, async (batch) => {
    signal?.throwIfAborted();
    await insertBlocks(context.pool, id, piece, unpack(batch));
  });
}
