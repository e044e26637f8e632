import { recordEvents } from "@cairn/catalog";
import type { Place } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { Context } from "../context.ts";
import { loadPiece, mandateOf, type PackageRow } from "../package-rows.ts";
import { rebuildShard } from "../read/rebuild-shard.ts";
import { applySlotEvents, applyToEach, blockedBy, type SlotUpdate } from "../slot-events.ts";
import { isLive, type SlotRow } from "../slot-rows.ts";
import { asNoSpace } from "../spool.ts";
import { writeAll } from "../write-all.ts";
import { isTermOver } from "./quote-slots.ts";

/** Errors that only a person can cure: these are not tried again soon. */
const HOPELESS_SECONDS: ReadonlyMap<string, number> = new Map([
  ["document-at-fault", 86_400],
  ["no-mandate", 600],
  ["no-capability", 600],
  ["no-repair-key", 600],
]);

/**
 * How long a rebuild keeps its place while others wait. A shard of 16 MiB takes as long from sources that are just prompt; one whose sources are
 * slow goes on after all that waited then.
 */
const TURN_SECONDS = 30;

/** Make a missing shard anew in the spool, from any k others; packages with the least margin go first, and all take turns. */
export async function rebuildSlot(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  pieceSlots: readonly SlotRow[],
  signal: AbortSignal,
): Promise<void> {
  if (slot.state.phase === "EMPTY" && isTermOver(context, row)) {
    await applyToEach(context, row.id, [slot], () => ({ type: "term-over" }));
    return;
  }
  const margin = pieceSlots.filter((other) => isLive(other.state)).length - row.k;
  const update = (event: SlotUpdate["event"]): SlotUpdate[] => [{ piece: slot.piece, shard: slot.shard, event }];
  try {
    await context.rebuilds.run((place) => rebuild(context, row, slot, pieceSlots, signal, place), margin, signal);
    await applySlotEvents(context, row.id, update({ type: "source-ready" }));
  } catch (error) {
    if (signal.aborted) return;
    const code = error instanceof CairnError ? error.code : "";
    const pause = HOPELESS_SECONDS.get(code) ?? 5;
    const broken = code === "document-at-fault" && slot.state.cause !== (error as CairnError).message;
    await applySlotEvents(
      context,
      row.id,
      update(blockedBy(error, pause)),
      broken
        ? (client) =>
            recordEvents(client, [
              { package: row.id, kind: code, severity: "error", message: String((error as CairnError).message) },
            ])
        : undefined,
    );
  }
}

async function rebuild(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  slots: readonly SlotRow[],
  signal: AbortSignal,
  place: Place,
): Promise<void> {
  const capability = row.readCapability;
  if (!capability) {
    throw new CairnError("the owner has not let this gateway read the shards", {
      code: "no-capability",
      kind: "conflict",
      next: "Repair it from the gateway that stored it.",
    });
  }
  if (slot.state.phase === "EMPTY") mandateOf(row);
  if (row.mask !== "none" && row.repairKey.length === 0) {
    throw new CairnError("the package's repair key is not known here", {
      code: "no-repair-key",
      kind: "conflict",
    });
  }
  const { spool } = context;
  await spool.assertSpace(slot.rawLength, "the rebuilt shard");
  await spool.prepare(row.id);
  const piece = await loadPiece(context.pool, row.id, slot.piece);
  let since = context.clock.monotonic();
  const isDue = () => context.clock.monotonic() - since >= TURN_SECONDS * 1000;
  const file = await spool.openFile(spool.shardPath(row.id, slot.piece, slot.shard));
  try {
    await rebuildShard(context, {
      row,
      piece,
      slots,
      shard: slot.shard,
      capability,
      except: new Set(slot.state.provider === null ? [] : [slot.state.provider]),
      signal,
      isDue,
      async giveWay() {
        if (!isDue()) return;
        await place.giveWay();
        since = context.clock.monotonic();
      },
      async write(bytes, offset) {
        await writeAll(file, bytes, offset);
      },
    });
    await file.truncate(slot.rawLength);
    await file.datasync();
  } catch (error) {
    throw asNoSpace(error, "the rebuilt shard");
  } finally {
    await file.close();
  }
}
