import { type NewEvent, recordEvents } from "@cairn/catalog";
import { DRIVEN, lowest } from "@cairn/core";
import type { PackageId } from "@cairn/protocol";
import type { PoolClient } from "pg";
import type { Context } from "./context.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { dueOf, isLive, loadSlots, type SlotRow } from "./slot-rows.ts";
import type { PackageState } from "./types.ts";

/** Bring a package's state in line with its slots; call it in the transaction that changed them, with the package's row locked. */
export async function refreshPackage(context: Context, client: PoolClient, id: PackageId): Promise<void> {
  const row = await loadPackage(client, id);
  if (row.state === "ENDING" || !DRIVEN.includes(row.state)) return;
  const slots = await loadSlots(client, id);
  // Notice that was given here has made it ENDING already.
  const state = (await hasNotice(client, row)) ? "ENDING" : packageStateOf(row, slots);
  const stored = row.state === "PLACING" && state === "STORED";
  if (stored) {
    await client.query("update catalog.slots set source = 'none' where package = $1 and source = 'spool'", [id]);
  }
  const dues = slots.map((slot) => dueOf(slot.state)).filter((due) => due !== null);
  // One that is over, or ends, is driven once more: its reserve is to be released.
  if (state === "EXPIRED" || state === "ENDING") dues.push(0);
  await client.query(
    `update catalog.packages set state = $2, cause = null, next = null, next_due_at = to_timestamp($3),
       stored_at = case when $4 then coalesce(stored_at, now()) else stored_at end where id = $1`,
    [id, state, dues.length === 0 ? null : lowest(dues), stored],
  );
  if (state === row.state) return;
  const told = describe(row, state, slots);
  if (told) await recordEvents(client, [{ package: id, ...told }]);
  if (dues.length > 0 || stored) context.wake(id);
}

/** Whether the chain says that the owner ended the package's deals, by whichever gateway. */
async function hasNotice(client: PoolClient, { owner, documentHash }: PackageRow): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from catalog.deals where document_hash = $1 and owner = $2 and last_period is not null limit 1",
    [documentHash, owner.toLowerCase()],
  );
  return rowCount === 1;
}

/** The state that a package's slots say it has. Pure. */
export function packageStateOf(row: Pick<PackageRow, "state" | "k">, slots: readonly SlotRow[]): PackageState {
  if (slots.length === 0 || row.state === "ENDING" || !DRIVEN.includes(row.state)) return row.state;
  if (slots.every((slot) => slot.state.phase === "ENDED")) return "EXPIRED";
  const wanted = slots.filter((slot) => slot.state.phase !== "ENDED");
  if (wanted.every((slot) => isLive(slot.state))) return "STORED";
  if (row.state === "PLACING") return "PLACING";
  const live = new Map<number, number>();
  for (const slot of slots) {
    live.set(slot.piece, (live.get(slot.piece) ?? 0) + (isLive(slot.state) || slot.state.phase === "ENDED" ? 1 : 0));
  }
  return lowest(live.values()) < row.k ? "LOST" : "DEGRADED";
}

function describe(
  row: PackageRow,
  state: PackageState,
  slots: readonly SlotRow[],
): Omit<NewEvent, "package"> | undefined {
  const missing = slots.filter((slot) => !isLive(slot.state)).length;
  switch (state) {
    case "STORED":
      return row.state === "PLACING"
        ? {
            kind: "package-stored",
            severity: "info",
            message: `The package is stored: all ${slots.length} shards are held and proved.`,
          }
        : {
            kind: "package-restored",
            severity: "info",
            message: `The package is back at full strength: all ${slots.length} shards are held and proved.`,
          };
    case "DEGRADED":
      return {
        kind: "package-degraded",
        severity: "warning",
        message: `${missing} of ${slots.length} shards of the package are missing; it can still be read.`,
        next: "Nothing: they are being rebuilt.",
      };
    case "LOST":
      return {
        kind: "package-lost",
        severity: "error",
        message: `Fewer than ${row.k} shards of a piece are live: the package cannot be read in full now.`,
        next: "Bring the providers that hold the others back.",
      };
    case "ENDING":
      return {
        kind: "package-ending",
        severity: "info",
        message: "The owner ended the package through another gateway: its deals end with the next period.",
      };
    case "EXPIRED":
      return {
        kind: "package-expired",
        severity: "warning",
        message: "The package's deals ended as agreed; its providers drop it.",
        next: "Put the folder again to keep it.",
      };
    default:
      return undefined;
  }
}
