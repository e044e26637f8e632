import type { Picked } from "@cairn/owner/browser/pick-files";
import { asCairnError } from "@cairn/protocol/errors";
import { onLeave } from "../store.ts";
import { uploads as words } from "../words/upload.ts";
import { foundOf } from "./found.ts";
import { pickedOf, type Taken } from "./taken.ts";
import { change, drop, dropAll, insert, type Upload, uploadOf, type Wanted } from "./upload-list.ts";

let last = 0;
const stops = new Map<number, AbortController>();

// Whoever comes next sees nothing of whom was here.
onLeave(() => {
  for (const stop of stops.values()) stop.abort();
  stops.clear();
  dropAll();
});

/** What a person picked or dropped: listed, and then waiting for their word. */
export async function take(taken: Taken): Promise<number> {
  const { picked, handles } = await pickedOf(taken);
  return add(picked, handles, picked.name ?? words.severalFiles);
}

/** A folder or file of the gateway's machine: it waits for the person's word, or goes on as it was begun. */
export function takeThere(there: string, wanted?: Wanted): number {
  const number = enter(
    { name: wanted?.name ?? (there.split("/").at(-1) || there), there, handles: [] },
    "found",
    wanted,
  );
  if (wanted !== undefined) begin(number, wanted);
  return number;
}

function enter(
  upload: Pick<Upload, "name" | "picked" | "there" | "handles">,
  at: "looking" | "found",
  wanted: Wanted | undefined,
): number {
  last += 1;
  insert({ ...upload, number: last, stage: { at }, away: false, ...(wanted && { wanted }) });
  return last;
}

function add(picked: Picked, handles: Upload["handles"], name: string, wanted?: Wanted): number {
  const number = enter({ name, picked, handles }, "looking", wanted);
  const stop = new AbortController();
  stops.set(number, stop);
  void picked.list(stop.signal).then(
    (tree) => {
      if (!stop.signal.aborted) change(number, { found: foundOf(tree), entries: tree.entries, stage: { at: "found" } });
      if (wanted !== undefined) begin(number, wanted);
    },
    (error: unknown) => {
      if (!stop.signal.aborted) change(number, { stage: { at: "failed", error: asCairnError(error) } });
    },
  );
  return number;
}

/** What was begun before goes on with what the person picked again, as it was begun. */
export async function goOn(taken: Taken, wanted: Wanted): Promise<number> {
  const { picked, handles } = await pickedOf(taken);
  return add(picked, handles, wanted.name, wanted);
}

/** Encrypt and send it, have it quoted, and ask. */
export function begin(number: number, wanted: Wanted): void {
  const upload = uploadOf(number);
  if (upload === undefined) return;
  const stop = new AbortController();
  stops.set(number, stop);
  change(number, { wanted, name: wanted.name, stage: { at: "queued" }, away: false });
  void import("./run-upload.ts")
    .then(({ runUpload }) => runUpload({ ...upload, wanted, name: wanted.name }, stop.signal))
    .catch((error: unknown) => {
      if (stops.get(number) !== stop) return;
      const known = asCairnError(error);
      if (known.code === "declined") change(number, { stage: { at: "discarded" } });
      else if (stop.signal.aborted) change(number, { stage: { at: "stopped" } });
      else if (known.code === "name-taken" || known.code === "bad-name") {
        change(number, { stage: { at: "found", fault: known } });
      } else change(number, { stage: { at: "failed", error: known } });
    });
}

export function stop(number: number): void {
  stops.get(number)?.abort();
}

/** Off the page; what the gateway has of it is dropped, too, unless it was agreed. */
export async function remove(number: number): Promise<void> {
  const upload = uploadOf(number);
  if (upload === undefined) return;
  stops.get(number)?.abort();
  stops.delete(number);
  const { at } = upload.stage;
  if (upload.wanted !== undefined && (at === "stopped" || at === "failed")) {
    const { dropBegun } = await import("./begun.ts");
    await dropBegun(upload.wanted.name);
  }
  drop(number);
}
