import { randomBytes } from "node:crypto";
import {
  type AccountKey,
  type Checkpoint,
  decryptManifest,
  filesByEntry,
  filesOf,
  type Manifest,
  type ManifestEntry,
  manifestEntries,
  totalsOf,
  unchangedCheckpoints,
  type Walked,
} from "@cairn/archive";
import type { CairnClient } from "@cairn/client/client";
import { CairnError } from "@cairn/protocol";
import { keepPrefix } from "../owner/keep-prefix.ts";
import type { PutRecord, PutTerms } from "../owner/put-record.ts";
import { counted, formatBytes } from "./format.ts";
import type { Output } from "./output.ts";

/** A put as it begins, or goes on. */
export interface BegunPut {
  id: string;
  repairKey: Buffer;
  created: number;
  walked: Walked;
  /** What the gateway has of it already; all that it holds. */
  from: readonly Checkpoint[];
  /** The gateway has all of it, and the manifest with it. */
  sent?: { manifest: Uint8Array; opened: Manifest };
  /** It was signed for before it was interrupted: nothing is left to be agreed. */
  signed?: true;
  /** The interrupted put of this name had been signed for, and stays: this is another package. */
  stays?: true;
}

interface Beginning {
  client: Pick<CairnClient, "package" | "keepUpload" | "abandonPackage">;
  output: Pick<Output, "say">;
  key: AccountKey;
  record: PutRecord | undefined;
  terms: PutTerms;
  walked: Walked;
  /** Whatever there is of an earlier one is dropped. */
  restart: boolean;
  /** What has the name and stays is to be replaced. */
  replace: boolean;
  /** Refuses terms that cannot be had now: no upload is dropped for them. */
  requireQualified: () => Promise<void>;
  /** Whether this home has signed for a package. */
  signedFor: (id: string) => Promise<boolean>;
}

/** States of a package that was signed for and has not ended. */
const AGREED = new Set(["PLACING", "STORED", "DEGRADED", "LOST"]);
/** States of an upload that is dropped when another put begins. */
const UPLOADED = new Set(["RECEIVING", "COMMITTING", "COMMITTED"]);

/** Go on with the interrupted put of this name where that is possible, or begin another. Nothing is sent yet. */
export async function beginPut(beginning: Beginning): Promise<BegunPut> {
  const { client, output, record, terms, walked, restart, replace } = beginning;
  let stays = false;
  if (record?.head !== undefined) {
    const then = record.head.terms;
    // What was to replace another goes on also when that one has gone meanwhile, or has been displaced already.
    const now = { ...terms, replace: terms.replace || (replace && then.replace) };
    const sameTerms = JSON.stringify(then) === JSON.stringify(now);
    const going = restart || !sameTerms ? undefined : await goOn(beginning, record);
    if (going !== undefined) {
      const files = going.sent === undefined ? filesOf(going.from) : going.sent.opened.entries.filter(isFile);
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      const total = counted(walked.entries.filter(({ kind }) => kind === "file").length, "file");
      if (going.signed)
        output.say("The interrupted put had been signed for: it is being handed over, and nothing is paid twice");
      else if (files.length > 0)
        output.say(
          `Continuing an interrupted put: ${files.length} of ${total} (${formatBytes(bytes)}) are there already`,
        );
      return going;
    }
    if (!sameTerms && UPLOADED.has((await ignoring("missing", client.package(record.head.id)))?.state ?? "")) {
      await beginning.requireQualified();
    }
    output.say(
      restart
        ? "Dropping what an interrupted put has uploaded"
        : "The interrupted put of this name cannot be continued (other options, other files, or the gateway dropped it): beginning anew",
    );
    stays = (await drop(client, record.head.id)) === "stays";
    await record.forget();
  }
  const begun = {
    id: randomBytes(16).toString("hex"),
    repairKey: randomBytes(32),
    created: Math.floor(Date.now() / 1000),
  };
  await record?.begin({
    ...begun,
    repairKey: begun.repairKey.toString("base64"),
    terms: { ...terms, replace: terms.replace || (stays && replace) },
  });
  return { ...begun, walked, from: [], ...(stays ? { stays } : {}) };
}

/** How much of a put was there when it began, for its result. */
export function resumedOf({ from, sent }: BegunPut): { files: number; bytes: number } | null {
  if (sent !== undefined) return totalsOf(sent.opened);
  const files = filesOf(from);
  return files.length === 0 ? null : { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function goOn({ client, key, walked, signedFor }: Beginning, record: PutRecord): Promise<BegunPut | undefined> {
  const { head } = record;
  if (head === undefined) return undefined;
  const { id, created } = head;
  const status = await ignoring("missing", client.package(id));
  const repairKey = Buffer.from(head.repairKey, "base64");
  const unchanged = unchangedCheckpoints(walked.entries, record.checkpoints);
  if (status?.state === "RECEIVING") {
    const received = new Map(status.pieceList.map((piece) => [piece.number, piece.received]));
    const from = await keepPrefix(client, id, unchanged, received);
    await record.begin(head, from);
    return { id, repairKey, created, walked, from };
  }
  const manifest = await record.manifest();
  if (manifest === undefined || status === undefined) return undefined;
  const signed = AGREED.has(status.state) && (await signedFor(id));
  if (!signed && status.state !== "COMMITTING" && status.state !== "COMMITTED") return undefined;
  const opened = await decryptManifest(manifest, key);
  const now = manifestEntries(walked.entries, filesByEntry(walked.entries, unchanged));
  if (opened.package !== id || !isSame(now, opened.entries)) return undefined;
  return { id, repairKey, created, walked, from: unchanged, sent: { manifest, opened }, ...(signed ? { signed } : {}) };
}

function isSame(now: readonly ManifestEntry[], then: readonly ManifestEntry[]): boolean {
  const text = (entries: readonly ManifestEntry[]) =>
    entries.map((entry) =>
      JSON.stringify([
        entry.kind,
        entry.parent,
        entry.name,
        entry.mode,
        entry.seconds,
        entry.nanoseconds,
        entry.kind === "symlink" ? entry.target : "",
        entry.kind === "file" ? [entry.size, entry.stored, Buffer.from(entry.digest).toString("hex")] : [],
      ]),
    );
  const before = text(then);
  return now.length === then.length && text(now).every((line, index) => line === before[index]);
}

const isFile = (entry: ManifestEntry) => entry.kind === "file";

/** Undo what the gateway has of a package; one that was signed for stays. */
async function drop(client: Pick<CairnClient, "abandonPackage">, id: string): Promise<"dropped" | "stays"> {
  try {
    await ignoring("missing", client.abandonPackage(id));
    return "dropped";
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "wrong-state") throw error;
    return "stays";
  }
}

async function ignoring<T>(kind: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CairnError && error.kind === kind) return undefined;
    throw error;
  }
}
