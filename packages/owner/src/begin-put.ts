import type { Checkpoint, FoundEntry, Manifest, ManifestEntry } from "@cairn/archive/browser";
import { crypto } from "@cairn/archive/crypto";
import type { Clock } from "@cairn/core";
import { AGREED, BEFORE_CHAIN } from "@cairn/core/package-states";
import { CairnError } from "@cairn/protocol/errors";
import { toHex } from "@cairn/protocol/hex";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";
import { keepPrefix } from "./keep-prefix.ts";
import type { Gateway, Owner } from "./ports.ts";
import type { PutRecord, PutTerms } from "./put-records.ts";

/** A put as it begins, or goes on. */
export interface BegunPut {
  id: string;
  /** 32 bytes. */
  repairKey: Uint8Array;
  created: number;
  /** What the gateway has of it already; all that it holds. */
  from: readonly Checkpoint[];
  /** The gateway has all of it, and the manifest with it. */
  sent?: { manifest: Uint8Array; opened: Manifest };
  /** It was signed for before it was interrupted: nothing is left to be agreed. */
  signed?: true;
  /** The interrupted put of this name had been signed for, and goes on: this is another package. */
  leavesSigned?: true;
  /** Beside an interrupted put of this name, whose record it leaves as it is. */
  unrecorded?: true;
}

/** What becomes of an interrupted put of the same name. */
export type BeginEvent =
  /** It had been signed for. */
  | { type: "signed-before" }
  /** So much of it is there already. */
  | { type: "continuing"; files: number; totalFiles: number; bytes: number }
  | { type: "dropping"; why: "restart" | "cannot-continue" };

interface Beginning {
  gateway: Pick<Gateway, "package" | "keepUpload" | "abandonPackage">;
  owner: { signer: Pick<Owner["signer"], "address"> } & Pick<Owner, "openKey">;
  clock: Pick<Clock, "now" | "sleep">;
  onEvent: (event: BeginEvent) => void;
  record: PutRecord | undefined;
  terms: PutTerms;
  /** What is to be packed, as it is listed now. A put that is recorded has it. */
  entries: readonly FoundEntry[];
  /** Whatever there is of an earlier one is dropped. */
  restart: boolean;
  /** What has the name and stays is to be replaced. */
  replace: boolean;
  /** Only a quote is wanted: what an interrupted put left is quoted, or stays as it is. */
  quote: boolean;
  /** Refuses terms that cannot be had now: no upload is dropped for them. */
  requireQualified: () => Promise<void>;
  /** The repair key of the package that is begun; a random one unless set. */
  repairKeyOf?: ((id: string) => Uint8Array) | undefined;
  /** Whether this home has signed for a package. */
  signedFor: (id: string) => Promise<boolean>;
}

/** A package that was signed for and has not ended. */
const agreed: ReadonlySet<string> = new Set(AGREED);
/** An upload that is dropped when another put begins. */
const uploaded: ReadonlySet<string> = new Set(BEFORE_CHAIN);

/** Go on with the interrupted put of this name where that is possible, or begin another. Nothing is sent yet. */
export async function beginPut(beginning: Beginning): Promise<BegunPut> {
  const { gateway, clock, onEvent, record, terms, entries, restart, replace, quote } = beginning;
  let leavesSigned = false;
  const fresh = () => {
    const id = toHex(crypto.randomBytes(16)).slice(2);
    return { id, repairKey: beginning.repairKeyOf?.(id) ?? crypto.randomBytes(32), created: clock.now() };
  };
  if (record?.head !== undefined) {
    const then = record.head.terms;
    // What was to replace another goes on also when that one has gone meanwhile, or has been displaced already.
    const now = { ...terms, replace: terms.replace || (replace && then.replace) };
    const sameTerms = JSON.stringify(then) === JSON.stringify(now);
    const going = restart || !sameTerms ? undefined : await goOn(beginning, record);
    if (going !== undefined) {
      const { filesOf } = await import("@cairn/archive/browser");
      const files = going.sent === undefined ? filesOf(going.from) : going.sent.opened.entries.filter(isFile);
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      const totalFiles = entries.filter(({ kind }) => kind === "file").length;
      if (going.signed) onEvent({ type: "signed-before" });
      else if (files.length > 0) onEvent({ type: "continuing", files: files.length, totalFiles, bytes });
      return going;
    }
    if (quote) return { ...fresh(), from: [], unrecorded: true };
    if (!sameTerms && uploaded.has((await ignoring("missing", gateway.package(record.head.id)))?.state ?? "")) {
      await beginning.requireQualified();
    }
    onEvent({ type: "dropping", why: restart ? "restart" : "cannot-continue" });
    leavesSigned = (await drop(gateway, record.head.id)) === "signed";
    await record.forget();
  }
  const begun = fresh();
  await record?.begin({
    ...begun,
    repairKey: toBase64(begun.repairKey),
    owner: beginning.owner.signer.address,
    terms: { ...terms, replace: terms.replace || (leavesSigned && replace) },
  });
  return { ...begun, from: [], ...(leavesSigned ? { leavesSigned } : {}) };
}

/** How much of a put was there when it began, for its result. */
export async function resumedOf({ from, sent }: BegunPut): Promise<{ files: number; bytes: number } | null> {
  if (sent === undefined && from.length === 0) return null;
  const { filesOf, totalsOf } = await import("@cairn/archive/browser");
  if (sent !== undefined) return totalsOf(sent.opened);
  const files = filesOf(from);
  return files.length === 0 ? null : { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function goOn(
  { gateway, owner, clock, entries, signedFor }: Beginning,
  record: PutRecord,
): Promise<BegunPut | undefined> {
  const { head } = record;
  if (head === undefined) return undefined;
  const { id, created } = head;
  // What is still to be signed for belongs to the wallet that it was opened for.
  const isOthers = head.owner !== undefined && head.owner !== owner.signer.address;
  const status = await ignoring("missing", gateway.package(id));
  const repairKey = fromBase64(head.repairKey);
  const { decryptManifest, filesByEntry, manifestEntries, unchangedCheckpoints } = await import(
    "@cairn/archive/browser"
  );
  const unchanged = unchangedCheckpoints(entries, record.checkpoints);
  if (status?.state === "RECEIVING") {
    if (isOthers) return undefined;
    // The gateway packs it, and knows how far it is.
    if (head.terms.there !== undefined) return { id, repairKey, created, from: [] };
    const received = new Map(status.pieceList.map((piece) => [piece.number, piece.received]));
    const from = await keepPrefix({ gateway, clock }, id, unchanged, received);
    await record.begin(head, from);
    return { id, repairKey, created, from };
  }
  const manifest = await record.manifest();
  if (manifest === undefined || status === undefined) return undefined;
  const signed = agreed.has(status.state) && (await signedFor(id));
  if (!signed && (isOthers || (status.state !== "COMMITTING" && status.state !== "COMMITTED"))) return undefined;
  const opened = await decryptManifest(manifest, await owner.openKey());
  const now = manifestEntries(entries, filesByEntry(entries, unchanged));
  const isThere = head.terms.there !== undefined;
  if (opened.package !== id || !(isThere || isSame(now, opened.entries))) return undefined;
  return { id, repairKey, created, from: unchanged, sent: { manifest, opened }, ...(signed ? { signed } : {}) };
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
        entry.kind === "file" ? [entry.size, entry.stored, toHex(entry.digest)] : [],
      ]),
    );
  const before = text(then);
  return now.length === then.length && text(now).every((line, index) => line === before[index]);
}

const isFile = (entry: ManifestEntry) => entry.kind === "file";

/** Undo what the gateway has of a package; one that was signed for stays. */
async function drop(gateway: Pick<Gateway, "abandonPackage">, id: string): Promise<"dropped" | "signed"> {
  try {
    await ignoring("missing", gateway.abandonPackage(id));
    return "dropped";
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "wrong-state") throw error;
    return "signed";
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
