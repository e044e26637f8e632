import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyBytes, type Manifest, packFolder, piecesOf, totalsOf, type Walked, walkFolder } from "@cairn/archive";
import type { NetworkJson, OpenPackageJson, PackageDetailJson } from "@cairn/client";
import { placementFromJson } from "@cairn/core";
import { shellWord } from "@cairn/core/shell-word";
import { CAR_HEADER_BYTES, CairnError, type Hex } from "@cairn/protocol";
import type { Account } from "../account/account.ts";
import { encryptLabel, nameHash } from "../account/labels.ts";
import type { Uploaded } from "../owner/check-offer.ts";
import { lie } from "../owner/gateway-lies.ts";
import { recallPackage } from "../owner/known-packages.ts";
import type { PutRecord, PutTerms } from "../owner/put-record.ts";
import { requireQualified } from "../owner/require-qualified.ts";
import { checkPlan, confirmStored, type Stored, signAgreed } from "./agree.ts";
import { beforeSending, NOTHING_SENT } from "./before-sending.ts";
import { type BegunPut, beginPut, resumedOf } from "./begin-put.ts";
import { confirm } from "./confirm.ts";
import { endPackage } from "./end-package.ts";
import { findPackage } from "./find-package.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { paceOf } from "./pace.ts";
import { sideName } from "./package-name.ts";
import { PieceUpload } from "./piece-upload.ts";
import type { Shape } from "./placement-options.ts";
import { withProgress } from "./progress.ts";
import type { PutOptions } from "./put.ts";
import { breakOff, goesOn } from "./put-broken-off.ts";
import { requireFiles, type Source } from "./put-source.ts";
import { leftBeside, livePackage, takeOver } from "./replace-package.ts";
import { sayPlan } from "./say-plan.ts";
import type { Session } from "./session.ts";
import { walkNotes } from "./walk-notes.ts";

const POLL_MILLISECONDS = 250;

interface Put {
  session: Session;
  network: NetworkJson;
  account: Account;
  source: Source;
  /** Undefined for what is not there any more when the command is repeated. */
  record: PutRecord | undefined;
  /** Shards, time and demands on providers: options, settings and defaults together. */
  shape: Shape;
  options: PutOptions & { bytesPerSecond?: number };
  signal: AbortSignal;
}

/** Encrypt, upload, agree and wait; what is needed to go on with it after an interruption is recorded. */
export async function putRecorded(put: Put): Promise<void> {
  const { session, network, account, source, record, shape, options, signal } = put;
  const { name } = source;
  const stage = { signed: false };
  let stored: Stored | undefined;
  const { path, exclude } = source;
  const interrupted = record?.head?.id;
  const { walked, named, beside } = await beforeSending(async () => ({
    walked: await walkFolder(path, { exclude, signal }),
    named: options.replace ? await untilInterrupted(signal, livePackage(session, account, name)) : undefined,
    beside: options.replace ? await untilInterrupted(signal, leftBeside(session, account, name)) : [],
  }));
  requireFiles(walked, source, options);
  // What an interrupted put of ours holds under the name is not to be replaced, but gone on with.
  const other = named?.id === interrupted ? undefined : named;
  const terms = termsOf(network, shape, options, other !== undefined);
  const { client, output } = session;
  const beginning = {
    ...{ client, output, key: account.key, record, terms, walked },
    restart: options.restart === true,
    replace: options.replace === true,
    requireQualified: () => requireQualified(client, terms),
    // Of what was signed for there is nothing left to be quoted.
    signedFor: async (id: string) => !options.quote && (await recallPackage(session.home, id))?.ended === false,
  };
  const begun = await interruptible(
    () => untilInterrupted(signal, beginPut(beginning)),
    interrupted === undefined
      ? NOTHING_SENT
      : { message: "interrupted: nothing was stored and nothing was paid", next: goesOn(interrupted) },
  );
  const { id } = begun;
  const old = begun.stays ? named : other;
  // One that began beside another keeps its side name until it is stored, also when the other has gone.
  const isAside = old !== undefined || record?.head?.terms.replace === true;
  const called = isAside ? sideName(name, id) : name;
  const superseded = beside.filter((one) => one.id !== id);
  for (const { id: other, role } of superseded) {
    output.say(
      role === "replaced"
        ? `Note: ${other}, which was called ${name}, was replaced and has not ended: it ends once this is stored`
        : `Note: ${other}, an unfinished replacement of ${name}, is another than this: it ends once this is stored`,
    );
  }
  const finish = isAside ? finishWords({ id, name, old: old?.id, isRecorded: record !== undefined }) : "";
  try {
    if (!begun.signed) {
      const { uploaded, manifest } = await untilInterrupted(signal, upload(put, { begun, terms, called, signal }));
      const plan = await untilInterrupted(signal, session.client.quotePackage(id));
      const { maxCost } = options;
      const limit = maxCost === undefined ? {} : { maxCost };
      const offered = { plan, uploaded, nameHash: nameHash(account, called), ...limit };
      const agreed = await untilInterrupted(signal, checkPlan(session, network, offered));
      stored = { id, documentHash: agreed.offer.mandate.documentHash, document: agreed.offer.document, manifest };
      sayPlan(session, plan, agreed);
      if (options.quote) {
        await untilInterrupted(signal, session.client.abandonPackage(id));
        await record?.forget();
        session.output.result({ quote: plan });
        return;
      }
      await confirm(`Store ${name} for that?`, options, signal);
      signal.throwIfAborted();
      stage.signed = true;
      await untilInterrupted(signal, signAgreed(session, network, account, agreed, isAside));
    }
  } catch (error) {
    await breakOff(session, { id, name, error, signed: stage.signed, interrupted: signal.aborted, record, finish });
  }
  // Not before the gateway has the signature: by its record a put that ended while it signed is known again, and one that replaces another until it has.
  if (!isAside) await record?.forget();
  const confirmed = async () => {
    stored ??= await signedBefore(put, begun);
    if (stored !== undefined) await untilInterrupted(signal, confirmStored(session, network, account, stored));
  };
  await follow(session, { id, name, resumed: resumedOf(begun), finish }, options, confirmed);
  const end = async () => {
    if (isAside) await takeOver(session, account, { id, name, old });
    for (const { id: other, role } of superseded) {
      await endPackage(session, account, await findPackage(session, account, other));
      const what = role === "replaced" ? `package that was called ${name}` : "unfinished replacement";
      output.say(`The ${what} (${other}) ends with the next period.`);
    }
    await record?.forget();
  };
  if (!isAside && superseded.length === 0) return;
  await interruptible(() => untilInterrupted(signal, end()), {
    message: `interrupted: ${name} is stored as ${id}, and may not have taken the old one's place yet`,
    next: `${finish} What \`cairn ls\` then still shows beside it, end with \`cairn rm ID\`.`.trim(),
  });
}

/** How an exchange that was interrupted is finished. */
function finishWords(put: { id: string; name: string; old: string | undefined; isRecorded: boolean }): string {
  const { id, name, old, isRecorded } = put;
  const keeps = old === undefined ? "" : ` Until then ${old} keeps the name.`;
  if (isRecorded)
    return `To finish, run the same command again: it goes on with ${id}, and nothing is paid twice.${keeps}`;
  const first = old === undefined ? "" : `\`cairn rm ${old}\`, then `;
  return `To finish once it is stored: ${first}\`cairn mv ${id} ${shellWord(name)}\`.${keeps}`;
}

/** What was signed for before this command began. */
async function signedBefore({ session, account }: Put, { id, sent }: BegunPut): Promise<Stored | undefined> {
  const { document, documentHash } = await findPackage(session, account, id);
  if (sent === undefined || document === undefined || documentHash === null) return undefined;
  return { id, documentHash: documentHash as Hex, document, manifest: sent.opened };
}

function termsOf(network: NetworkJson, shape: Shape, options: PutOptions, replace: boolean): PutTerms {
  return {
    ...shape,
    layout: options.encrypt === false ? "unencrypted" : (options.names ?? "private"),
    pieceLimit: shape.k === 1 ? Math.floor(network.pieceLimit / 2) : network.pieceLimit,
    replace,
  };
}

/** Encrypt and send what is not there yet, and complete the upload. */
async function upload(
  { session, account, source, record, options }: Put,
  put: {
    begun: BegunPut;
    terms: PutTerms;
    /** Its name until it takes the place of another. */
    called: string;
    signal: AbortSignal;
  },
): Promise<{ uploaded: Uploaded; manifest: Manifest }> {
  const { client, output } = session;
  const { begun, terms, called, signal } = put;
  const { id, repairKey, created, walked, from } = begun;
  const { k, n, days, layout, pieceLimit, placement } = terms;
  const mask = "aes-256-ctr-v1";
  output.say(walkNotes(walked, source, "Left out"));
  let sent = begun.sent;
  if (sent === undefined) {
    // Answered as it stands when it was opened before.
    await client.openPackage({
      id,
      expectedBytes: plainBytes(walked),
      nameHash: nameHash(account, called),
      label: encryptLabel(account, id, { name: called, files: 0, bytes: 0 }),
      k,
      n,
      mask,
      layout,
      days,
      placement: placement as OpenPackageJson["placement"] & object,
      repairKey: repairKey.toString("base64"),
    });
    const pieces = new PieceUpload(client, id, signal, piecesOf(from).map(bodyBytes));
    const pace = paceOf(options.bytesPerSecond, signal);
    const paced = async (piece: number, bytes: Uint8Array): Promise<void> => {
      await pace(bytes.length);
      await pieces.write(piece, bytes);
    };
    const packed = await withProgress(output, "Encrypting and uploading", "bytes", async (progress) => {
      const done = await packFolder({
        path: source.path,
        walked,
        from,
        layout,
        key: account.key,
        pieceLimit,
        repairKey,
        packageId: id,
        name: source.name,
        created,
        sink: { write: paced, cut: pieces.cut },
        onProgress: ({ bytes, totalBytes }) => progress.update(bytes, totalBytes),
        ...(record === undefined ? {} : { onCheckpoint: (checkpoint) => record.add(checkpoint) }),
        signal,
      });
      await pieces.finish();
      return done;
    });
    sent = packed;
    await record?.keepManifest(sent.manifest);
    await client.putManifest(id, sent.manifest);
  }
  const { manifest, opened } = sent;
  const { files, bytes } = totalsOf(opened);
  output.say(`${counted(files, "file")}, ${formatBytes(bytes)}; computing commitments`);
  const root = opened.root.toString();
  const committing = client.completePackage(id, {
    root,
    pieces: opened.pieces.map((length) => ({ length })),
    files,
    bytes,
  });
  await showCommitments(session, id, committing);
  const sha256 = createHash("sha256").update(manifest).digest("hex");
  const uploaded: Uploaded = {
    id,
    owner: account.wallet.address,
    root,
    pieces: opened.pieces,
    k,
    n,
    mask,
    days,
    placement: placementFromJson(placement),
    manifest: { sha256: `0x${sha256}`, size: manifest.length },
  };
  return { uploaded, manifest: opened };
}

function plainBytes({ entries }: Walked): number {
  return entries.reduce((sum, entry) => sum + entry.size, 0);
}

/** Show the gateway's progress while it computes the package's commitments; one whose commitments it has is at another stage. */
export async function showCommitments<T>(
  { client, output }: { client: Pick<Session["client"], "package">; output: Pick<Session["output"], "progress"> },
  id: string,
  committing: Promise<T>,
): Promise<T> {
  return withProgress(output, "Computing commitments", "bytes", async (progress) => {
    let going = true;
    const settled = committing.finally(() => {
      going = false;
    });
    settled.catch(() => undefined);
    while (going) {
      const status = await client.package(id).catch(() => undefined);
      if (status?.state === "COMMITTING") progress.update(status.progress.done, status.progress.total);
      await Promise.race([settled.catch(() => undefined), sleep(POLL_MILLISECONDS)]);
    }
    return settled;
  });
}

interface Following {
  id: string;
  name: string;
  /** What an interrupted put had uploaded of it. */
  resumed: { files: number; bytes: number } | null;
  /** How it takes another's place if the command is interrupted; empty where it takes none. */
  finish: string;
}

/** Each byte of the shards counts once: half of it when it is handed over, half when it is proved. */
export function handOver({ slots, handedOver }: Pick<PackageDetailJson, "slots" | "handedOver">): {
  done: number;
  total: number;
} {
  const all = slots.reduce((sum, { rawLength }) => sum + rawLength, 0);
  const proved = slots.reduce((sum, { state, rawLength }) => (state === "ACTIVE" ? sum + rawLength : sum), 0);
  return { done: (handedOver + proved) / 2, total: all };
}

/** Watch the deals come alive; the network goes on by itself if the command is stopped. */
async function follow(
  session: Session,
  { id, name, resumed, finish: how }: Following,
  options: PutOptions,
  confirm: () => Promise<void>,
): Promise<void> {
  const { client, output } = session;
  const started = Date.now();
  if (options.detach) {
    output.say(`${name} is being handed over; follow it with \`cairn show ${id}\`.`);
    output.result({ id, name, state: "PLACING", resumed });
    return;
  }
  output.say("Handing over to providers; it goes on if you stop this command");
  const kept = how === "" ? "" : ` ${how}`;
  const status = await interruptible(
    (signal) =>
      withProgress(output, "Shards handed over and proved", "bytes", async (progress) => {
        for (;;) {
          const status = await untilInterrupted(signal, client.package(id));
          if (status.id !== id) throw lie("id", status.id, id, "The package may not be stored.");
          const { done, total } = handOver(status);
          progress.update(done, total);
          if (status.state !== "PLACING") return status;
          await untilInterrupted(signal, sleep(POLL_MILLISECONDS));
        }
      }),
    {
      message: `interrupted: ${name} is being handed over all the same`,
      next: `Follow it with \`cairn show ${id}\`, or end it with \`cairn rm ${id}\`.${kept}`,
    },
  );
  if (status.state === "STORED") {
    await interruptible(confirm, {
      message: `interrupted: ${name} is stored, and was not read back here yet`,
      next: `Have it read by its holders with \`cairn check ${id}\`.${kept}`,
    });
  }
  finish(session, status, { name, resumed }, (Date.now() - started) / 1000);
}

function finish(
  { output }: Session,
  status: PackageDetailJson,
  { name, resumed }: Pick<Following, "name" | "resumed">,
  seconds: number,
): void {
  output.result({
    id: status.id,
    name,
    state: status.state,
    root: status.root,
    files: status.files,
    bytes: status.bytes,
    resumed,
  });
  if (status.state === "STORED") {
    const written = status.pieceList.reduce((sum, piece) => sum + piece.length - CAR_HEADER_BYTES, 0);
    output.say(
      `Stored ${name} (${status.id}): ${counted(status.files, "file")}, ${formatBytes(written)} encrypted, every shard proved; handed over in ${formatDuration(seconds)}`,
    );
    return;
  }
  throw new CairnError(`${name} is ${status.state}${status.cause === null ? "" : `: ${status.cause}`}`, {
    code: "not-stored",
    kind: "conflict",
    next: status.next ?? `See \`cairn show ${status.id}\`.`,
  });
}
