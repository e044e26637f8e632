import type { AskJson, QuotePlanJson } from "@cairn/client";
import type { Agreed, Confirmed } from "@cairn/owner/agree";
import type { Picked } from "@cairn/owner/browser/pick-files";
import type { DirectoryHandle, FileHandle } from "@cairn/owner/browser/platform";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { useSyncExternalStore } from "react";
import { uploads as words } from "../words/upload.ts";
import { type Found, foundOf } from "./found.ts";
import { pickedOf, type Taken } from "./taken.ts";

/** Where an upload is; each has its own sentence on the page. */
export type Stage =
  /** Its files are being listed. */
  | { at: "looking" }
  /** It waits for its name and the person's word. `fault`: what was wrong with the name. */
  | { at: "found"; fault?: CairnError }
  /** Others go first. */
  | { at: "queued" }
  /** The key is being opened, the wallet claimed. */
  | { at: "preparing" }
  | { at: "sending"; done: number; total: number; rate?: number | undefined }
  /** The gateway computes what providers will be held to. */
  | { at: "committing"; done: number; total: number; rate?: number | undefined }
  | { at: "quoting" }
  /** The person decides. */
  | { at: "offered"; offer: Offer; agree: () => void; discard: () => void }
  | { at: "signing"; offer: Offer }
  | { at: "placing"; id: string }
  /** Some of it is read back from those who hold it. */
  | { at: "reading"; id: string }
  | { at: "stored"; id: string; seconds: number; confirmed?: Confirmed | undefined }
  | { at: "discarded" }
  /** By the person; it goes on where it was. */
  | { at: "stopped" }
  | { at: "failed"; error: CairnError };

export interface Offer {
  plan: QuotePlanJson;
  agreed: Agreed;
  /** Who was asked, and what each answered. */
  asks: readonly AskJson[];
}

/** How it shall be kept. Of one that goes on: as it was begun. */
export interface Wanted {
  name: string;
  k: number;
  n: number;
  days: number;
  placement: object;
  /** What has the name ends once this is stored. */
  replace: boolean;
}

export interface Upload {
  /** In this page. */
  number: number;
  name: string;
  /** Undefined where the gateway encrypts it, from `there` on its own machine. */
  picked?: Picked;
  there?: string;
  handles: readonly (DirectoryHandle | FileHandle)[];
  found?: Found;
  wanted?: Wanted;
  stage: Stage;
  /** The gateway does not answer at present. */
  away: boolean;
  /** What is worth knowing of how it began. */
  note?: string;
  /** What was agreed, for when it is done. */
  offer?: Offer;
}

/** Uploads that encrypt and send at once; others wait. */
export const AT_ONCE = 3;

let all: readonly Upload[] = [];
let last = 0;
const listeners = new Set<() => void>();
const stops = new Map<number, AbortController>();
/** A page that is left now loses what goes on. */
const BUSY = new Set<Stage["at"]>([
  "looking",
  "queued",
  "preparing",
  "sending",
  "committing",
  "quoting",
  "offered",
  "signing",
]);

const warn = (event: BeforeUnloadEvent) => event.preventDefault();

function tell(): void {
  if (all.some(({ stage }) => BUSY.has(stage.at))) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
  for (const one of listeners) one();
}

export const useUploads = (): readonly Upload[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => all,
  );

export const uploadOf = (number: number): Upload | undefined => all.find((one) => one.number === number);

export function change(number: number, what: Partial<Upload>): void {
  all = all.map((one) => (one.number === number ? { ...one, ...what } : one));
  tell();
}

export const isUnderWay = (name: string): boolean =>
  all.some(
    (one) => one.name === name && (BUSY.has(one.stage.at) || one.stage.at === "placing" || one.stage.at === "reading"),
  );

/** Whoever comes next sees nothing of whom was here. */
export function clearUploads(): void {
  for (const stop of stops.values()) stop.abort();
  stops.clear();
  all = [];
  tell();
}

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
  all = [{ ...upload, number: last, stage: { at }, away: false, ...(wanted && { wanted }) }, ...all];
  tell();
  return last;
}

function add(picked: Picked, handles: Upload["handles"], name: string, wanted?: Wanted): number {
  const number = enter({ name, picked, handles }, "looking", wanted);
  const stop = new AbortController();
  stops.set(number, stop);
  void picked.list(stop.signal).then(
    (tree) => {
      if (!stop.signal.aborted) change(number, { found: foundOf(tree), stage: { at: "found" } });
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
  all = all.filter((one) => one.number !== number);
  tell();
}

/** The person's no, after which what was uploaded is dropped. */
export const declined = (): CairnError =>
  new CairnError("declined: nothing was stored or paid", { code: "declined", kind: "conflict" });
