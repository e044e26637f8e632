import { DRIVEN, inBatches, type SlotCommand, slotCommand } from "@cairn/core";
import { CairnError, type PackageId } from "@cairn/protocol";
import { finishCommitting } from "../complete-package.ts";
import type { Context } from "../context.ts";
import { loadPackage, type PackageRow } from "../package-rows.ts";
import { applyToEach, blockedBy } from "../slot-events.ts";
import { loadSlots, type SlotRow } from "../slot-rows.ts";
import { isSourceHere } from "../spool-here.ts";
import { activateSlots } from "./activate.ts";
import { cancelSlots } from "./cancel.ts";
import { closePackage, endPackage } from "./end-package.ts";
import { dropSource, healSlot } from "./heal-slot.ts";
import { proposeSlots } from "./propose.ts";
import { quoteSlots } from "./quote-slots.ts";
import { rebuildSlot } from "./rebuild-slot.ts";
import { recordReceipts } from "./record-receipts.ts";
import { storeShard } from "./store-shard.ts";
import { DEALS_PER_TRANSACTION } from "./submit-slots.ts";

/** Longest wait for a slot that becomes due while others are busy. */
const RELOOK_SECONDS = 2;

/**
 * Do what a package's slots want until none wants anything now; its lock is held by the caller. Every step is written before and after
 * it acts, so that it can be cut off anywhere.
 */
export async function drivePackage(context: Context, id: PackageId, signal: AbortSignal): Promise<void> {
  const row = await loadPackage(context.pool, id);
  if (row.state === "COMMITTING") await finishCommitting(context, id);
  if (row.state === "EXPIRED") return closePackage(context, row, "EXPIRED");
  if (!DRIVEN.includes(row.state)) return;
  if (row.state === "ENDING") return endPackage(context, row, signal);
  const busy = new Map<string, Promise<void>>();
  try {
    while (!signal.aborted) {
      const slots = await loadSlots(context.pool, id);
      for (const task of tasksFor(context, row, slots, new Set(busy.keys()), signal)) {
        const run = guard(context, task, signal).finally(() => {
          for (const key of task.keys) busy.delete(key);
        });
        for (const key of task.keys) busy.set(key, run);
      }
      if (busy.size === 0) break;
      await Promise.race([...busy.values(), context.clock.sleep(RELOOK_SECONDS, signal)]);
    }
  } finally {
    await Promise.all(busy.values());
  }
  const after = await loadPackage(context.pool, id);
  if (after.state === "STORED" && !after.hot) await dropSpool(context, id);
}

interface Task {
  /** Slots that it works on; nothing else is begun for them meanwhile. */
  keys: string[];
  slots: SlotRow[];
  run(): Promise<void>;
}

/** A task's unforeseen failure makes its slots wait and is logged; it never stops the others. */
async function guard(context: Context, task: Task, signal: AbortSignal): Promise<void> {
  try {
    await task.run();
  } catch (error) {
    if (signal.aborted || isLost(error)) return;
    const [slot] = task.slots;
    context.log.error({ package: slot?.package, error: String(error) }, "a step of a package failed");
    await context.clock.sleep(1, signal);
    await applyToEach(context, slot!.package, task.slots, () => blockedBy(error, 5)).catch((again: unknown) => {
      context.log.error({ package: slot?.package, error: String(again) }, "the failure could not be written down");
    });
  }
}

/** Another gateway has the package now: what it makes of its slots is its own affair. */
const isLost = (error: unknown) => error instanceof CairnError && error.code === "lease-lost";

const keyOf = (slot: SlotRow) => `${slot.piece}/${slot.shard}`;

/** Commands that come to nothing without the shard's bytes. */
const NEEDS_BYTES: ReadonlySet<SlotCommand> = new Set(["quote", "propose", "store"]);

/** Commands that are done for all slots of a piece, or of the package, at once. */
function tasksFor(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  busy: ReadonlySet<string>,
  signal: AbortSignal,
): Task[] {
  const now = context.clock.now();
  const due = new Map<SlotCommand, SlotRow[]>();
  for (const slot of slots) {
    const command = busy.has(keyOf(slot)) ? undefined : slotCommand(slot.state, now, context.chainNow());
    if (command === undefined || (NEEDS_BYTES.has(command) && !isSourceHere(context, row, slot))) continue;
    due.set(command, [...(due.get(command) ?? []), slot]);
  }
  const task = (of: SlotRow[], run: () => Promise<void>): Task => ({ keys: of.map(keyOf), slots: of, run });
  const one = (command: SlotCommand, run: (slot: SlotRow, pieceSlots: SlotRow[]) => Promise<void>) =>
    (due.get(command) ?? []).map((slot) => task([slot], () => run(slot, ofPiece(slots, slot.piece))));
  const perPiece = (command: SlotCommand, run: (of: SlotRow[], pieceSlots: SlotRow[]) => Promise<void>) =>
    [...Map.groupBy(due.get(command) ?? [], (slot) => slot.piece)]
      .filter(([piece]) => command !== "propose" || !isQuoting(slots, piece, busy))
      .map(([piece, of]) => task(of, () => run(of, ofPiece(slots, piece))));
  const all = (command: SlotCommand, run: (of: SlotRow[]) => Promise<void>) =>
    inBatches(due.get(command) ?? [], DEALS_PER_TRANSACTION).map((of) => task(of, () => run(of)));
  return [
    ...one("rebuild", (slot, pieceSlots) => rebuildSlot(context, row, slot, pieceSlots, signal)),
    ...perPiece("quote", (of, pieceSlots) => quoteSlots(context, row, of, pieceSlots)),
    ...perPiece("propose", (of) => proposeSlots(context, row, of)),
    ...one("store", (slot) => storeShard(context, row, slot, signal)),
    ...all("record-receipt", (of) => recordReceipts(context, row, of)),
    ...all("activate", (of) => activateSlots(context, row, of, signal)),
    ...all("cancel", (of) => cancelSlots(context, row, of)),
    ...one("heal", (slot) => healSlot(context, row, slot, signal)),
    ...one("drop-source", (slot) => dropSource(context, slot)),
  ];
}

function ofPiece(slots: readonly SlotRow[], piece: number): SlotRow[] {
  return slots.filter((slot) => slot.piece === piece);
}

/** One proposal for all quoted slots of a piece: those that are being quoted right now are waited for. */
function isQuoting(slots: readonly SlotRow[], piece: number, busy: ReadonlySet<string>): boolean {
  return slots.some((slot) => slot.piece === piece && slot.state.phase === "EMPTY" && busy.has(keyOf(slot)));
}

/** The spooled pieces of a package whose shards are all held. */
async function dropSpool(context: Context, id: PackageId): Promise<void> {
  for (const name of await context.spool.files(id)) {
    if (name.endsWith(".car")) await context.spool.removeFile(`${context.spool.directory}/${id}/${name}`);
  }
  if ((await context.spool.files(id)).length === 0) await context.spool.removePackage(id);
}
