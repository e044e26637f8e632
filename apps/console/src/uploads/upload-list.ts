import type { FoundEntry } from "@cairn/archive/browser";
import type { AskJson, QuotePlanJson } from "@cairn/client";
import type { Agreed, Confirmed } from "@cairn/owner/agree";
import type { Picked } from "@cairn/owner/browser/pick-files";
import type { DirectoryHandle, FileHandle } from "@cairn/owner/browser/platform";
import { CairnError } from "@cairn/protocol/errors";
import { useSyncExternalStore } from "react";
import type { Changes } from "./changes-since.ts";
import type { Found } from "./found.ts";

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
  /** What was packed. */
  packed: { files: number; bytes: number };
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
  /** What is there: as it was picked, and from sending on as it was then. */
  found?: Found;
  /** As it was picked. */
  entries?: readonly FoundEntry[];
  /** What is otherwise than it was picked. */
  changes?: Changes | undefined;
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
const listeners = new Set<() => void>();
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

/** The newest first. */
export function insert(upload: Upload): void {
  all = [upload, ...all];
  tell();
}

export function drop(number: number): void {
  all = all.filter((one) => one.number !== number);
  tell();
}

export function dropAll(): void {
  all = [];
  tell();
}

/** The person's no, after which what was uploaded is dropped. */
export const declined = (): CairnError =>
  new CairnError("declined: nothing was stored or paid", { code: "declined", kind: "conflict" });
