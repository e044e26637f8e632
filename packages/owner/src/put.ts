import type { Manifest } from "@cairn/archive/browser";
import type { NetworkJson, OpenPackageJson, PackageDetailJson, QuotePlanJson } from "@cairn/client";
import { type PlacementJson, placementFromJson } from "@cairn/core";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { toBase64 } from "@cairn/protocol/wire/base64";
import { type Agreed, type Confirmed, checkPlan, confirmStored, type Stored, signAgreed } from "./agree.ts";
import { type BeginEvent, type BegunPut, beginPut, resumedOf } from "./begin-put.ts";
import { breakOff, goesOn } from "./break-off.ts";
import type { Uploaded } from "./check-offer.ts";
import { endPackage } from "./end-package.ts";
import { type FoundPackage, findPackage } from "./find-package.ts";
import { followCommitments, followPlacing } from "./follow-package.ts";
import { interruptedAs, untilInterrupted } from "./interrupted.ts";
import { encryptLabel, nameHash } from "./labels.ts";
import { NOTHING_SENT } from "./nothing-sent.ts";
import { paceOf } from "./pace.ts";
import { sideName } from "./package-name.ts";
import type { OwnerPorts } from "./ports.ts";
import { finishWords, signedForAlready } from "./put-advice.ts";
import type { PutRecord, PutRecords, PutTerms } from "./put-records.ts";
import type { Listed, Source } from "./put-source.ts";
import { type LeftBeside, leftBeside, livePackage, takeOver } from "./replace-package.ts";
import { requireQualified } from "./require-qualified.ts";
import { inStage, type StageEvent } from "./stages.ts";
import { labelContent } from "./types-of.ts";
import { type OpenUpload, streamedUpload } from "./upload-sink.ts";
import { whileBusy } from "./while-busy.ts";

const MASK = "aes-256-ctr-v1";

export type PutStage = "uploading" | "committing" | "placing";

/** What a put resumed, for its result. */
export type Resumed = { files: number; bytes: number } | null;

/** What happens on the way, in this order where it does. */
export type PutEvent<L extends Listed = Listed> =
  | StageEvent<PutStage>
  | BeginEvent
  /** What an earlier replacement of the name left: it ends once this is stored. */
  | ({ type: "left-beside"; name: string } & LeftBeside)
  /** All that is listed is about to be packed, or was. */
  | { type: "listed"; listed: L }
  | { type: "uploaded"; files: number; bytes: number }
  /** No chain answers: whether the quotes are signed by registered providers was not checked. */
  | { type: "chain-away" }
  | { type: "quoted"; plan: QuotePlanJson; agreed: Agreed }
  | { type: "agreed"; id: string }
  | ({ type: "confirmed" } & Confirmed)
  /** It is PLACING no more. `seconds` since it was agreed. */
  | { type: "placed"; status: PackageDetailJson; name: string; resumed: Resumed; seconds: number }
  | { type: "ended"; id: string; role: "named" | LeftBeside["role"] }
  /** It was to end, and was given another name meanwhile: it goes on. */
  | { type: "kept"; id: string };

export interface PutOptions<L extends Listed = Listed> {
  source: Source<L>;
  /** Shards, days and demands on providers. */
  shape: { k: number; n: number; days: number; placement: PlacementJson };
  layout: PutTerms["layout"];
  /** Every account and door of the gateway may read it: only with the layouts `unencrypted` and `car`. */
  public?: boolean | undefined;
  /** The gateway keeps its pieces beside the deals, so that reading them asks no provider. */
  hot?: boolean | undefined;
  /** Take the name, and end the package that has it once this one is stored. */
  replace?: boolean;
  /** Drop what an interrupted put of this name has uploaded. */
  restart?: boolean;
  /** Resolve once the deals are signed for, without waiting for every shard to be proved. Not with `replace`. */
  detach?: boolean;
  /** Only have it quoted. */
  quote?: boolean;
  /** Most that escrow and reserve may come to, wei; more is not signed. */
  maxCost?: bigint | undefined;
  bytesPerSecond?: number | undefined;
  /** 32 bytes, by the package's id, for whoever must find the key without the manifest; random unless set. */
  repairKeyOf?: (id: string) => Uint8Array;
  /** How pieces are sent; streamed unless set. */
  upload?: OpenUpload;
  /** Asked before the mandate is signed; throws where it shall not be. */
  confirm?: (agreed: Agreed) => Promise<void>;
  signal: AbortSignal;
  onEvent?: (event: PutEvent<L>) => void;
}

/** Where records of puts are kept, so that a put goes on when it is repeated; without them it begins anew. */
export type PutPorts = OwnerPorts & { records?: PutRecords | undefined };

export type PutResult =
  | { outcome: "quoted"; plan: QuotePlanJson }
  | { outcome: "placing"; id: string; resumed: Resumed }
  | { outcome: "stored"; id: string; resumed: Resumed };

/**
 * Store what a source has: encrypt here, upload ciphertext, hold the plan against what was sent, sign, wait until every shard is proved and
 * has been read back. What is needed to go on with it after an interruption is recorded.
 * @throws CairnError `not-stored`, `gateway-lies`, `too-expensive`, `insufficient-funds`, `interrupted`, …
 */
export async function put<L extends Listed>(ports: PutPorts, options: PutOptions<L>): Promise<PutResult> {
  const record = await ports.records?.open(options.source.name);
  try {
    return await new Put(ports, options, record).run();
  } finally {
    await record?.close();
  }
}

/** A put under way. */
class Put<L extends Listed> {
  readonly #ports: OwnerPorts;
  readonly #options: PutOptions<L>;
  #record: PutRecord | undefined;
  readonly #name: string;
  readonly #onEvent: (event: PutEvent<L>) => void;
  /** The mandate has been sent, so deals may have been agreed. */
  #signed = false;
  /** What was quoted, and is being signed for or was. */
  #stored: Stored | undefined;

  constructor(ports: OwnerPorts, options: PutOptions<L>, record: PutRecord | undefined) {
    this.#ports = ports;
    this.#options = options;
    this.#record = record;
    this.#name = options.source.name;
    this.#onEvent = options.onEvent ?? (() => undefined);
  }

  async run(): Promise<PutResult> {
    const { source, replace, quote, detach, signal } = this.#options;
    const ports = this.#ports;
    const interrupted = this.#record?.head?.id;
    const { listed, named, beside, network } = await interruptedAs(signal, NOTHING_SENT, async () => ({
      listed: await source.list(signal),
      network: await untilInterrupted(signal, ports.network()),
      named: replace ? await untilInterrupted(signal, livePackage(ports, this.#name)) : undefined,
      beside: replace ? await untilInterrupted(signal, leftBeside(ports, this.#name)) : [],
    }));
    // What an interrupted put of ours holds under the name is not to be replaced, but gone on with.
    const other = named?.id === interrupted ? undefined : named;
    const terms = this.#termsOf(network, listed, other !== undefined);
    const stopped =
      interrupted === undefined
        ? NOTHING_SENT
        : { message: "interrupted: nothing was stored and nothing was paid", next: goesOn(interrupted) };
    const begun = await interruptedAs(signal, stopped, () => untilInterrupted(signal, this.#begin(terms, listed)));
    const { id } = begun;
    // What an interrupted put left is only quoted: its record stays as it is.
    const isLeft = quote === true && interrupted !== undefined;
    if (begun.unrecorded) this.#record = undefined;
    if (begun.signed && quote) throw signedForAlready(id, this.#name);
    const old = begun.leavesSigned ? named : other;
    // One that began beside another keeps its side name until it is stored, also when the other has gone.
    const isAside = old !== undefined || this.#record?.head?.terms.replace === true;
    const called = isAside || begun.unrecorded ? sideName(this.#name, id) : this.#name;
    const superseded = beside.filter((one) => one.id !== id);
    for (const one of superseded) this.#onEvent({ type: "left-beside", name: this.#name, ...one });
    const finish = isAside
      ? finishWords({ id, name: this.#name, old: old?.id, isRecorded: this.#record !== undefined })
      : "";
    if (!begun.signed) {
      try {
        const drop = !isLeft || begun.unrecorded === true;
        const plan = await this.#agree({ begun, listed, terms, called, isAside, drop });
        if (quote) return { outcome: "quoted", plan };
      } catch (error) {
        const [signed, record] = [this.#signed, this.#record];
        if (isLeft && record !== undefined && !signal.aborted) throw error;
        const isThere = listed.there !== undefined;
        const broken = { id, name: this.#name, error, signed, interrupted: signal.aborted, record, finish, isThere };
        await breakOff(ports, broken);
      }
    }
    // Not before the gateway has the signature: by its record a put that ended while it signed is known again, and one that replaces another until it has.
    if (!isAside) await this.#record?.forget();
    const resumed = await resumedOf(begun);
    if (detach) return { outcome: "placing", id, resumed };
    this.#onEvent({ type: "agreed", id });
    await this.#follow({ id, resumed, finish }, async () => {
      const stored = this.#stored ?? (await this.#signedBefore(begun));
      if (stored === undefined) return;
      this.#onEvent({ type: "confirmed", ...(await untilInterrupted(signal, confirmStored(ports, stored))) });
    });
    if (isAside || superseded.length > 0) await this.#takeOver({ id, old, isAside, superseded, finish });
    return { outcome: "stored", id, resumed };
  }

  #termsOf(network: NetworkJson, { there }: L, replace: boolean): PutTerms {
    const { shape, layout } = this.#options;
    const { k, n, days, placement } = shape;
    const pieceLimit = k === 1 ? Math.floor(network.pieceLimit / 2) : network.pieceLimit;
    return {
      ...{ k, n, days, placement, layout, pieceLimit, replace },
      ...(this.#options.public ? { public: true } : {}),
      ...(this.#options.hot ? { hot: true } : {}),
      ...(there === undefined ? {} : { there }),
    };
  }

  #begin(terms: PutTerms, listed: L): Promise<BegunPut> {
    const { gateway, owner, clock, known } = this.#ports;
    const { restart = false, replace = false, quote, repairKeyOf } = this.#options;
    return beginPut({
      ...{ gateway, owner, clock, onEvent: this.#onEvent, record: this.#record, terms, restart, replace },
      ...{ quote: quote === true, repairKeyOf },
      entries: listed.entries ?? [],
      requireQualified: () => requireQualified(gateway, terms),
      signedFor: async (id) => (await known.recall(id))?.ended === false,
    });
  }

  /** Upload, have it quoted, hold the plan against what was sent, and sign it unless only the quote is wanted. */
  async #agree(put: {
    begun: BegunPut;
    listed: L;
    terms: PutTerms;
    called: string;
    isAside: boolean;
    /** Drop the upload where only the quote is wanted. */
    drop: boolean;
  }): Promise<QuotePlanJson> {
    const { id } = put.begun;
    const { maxCost, quote, confirm, signal } = this.#options;
    const { gateway, owner } = this.#ports;
    const { uploaded, manifest } = await untilInterrupted(signal, this.#upload(put));
    const plan = await untilInterrupted(signal, gateway.quotePackage(id));
    const limit = maxCost === undefined ? {} : { maxCost };
    const offered = { plan, uploaded, nameHash: nameHash(owner, put.called), ...limit };
    const agreed = await untilInterrupted(signal, checkPlan(this.#ports, offered));
    if (!agreed.isOnChain) this.#onEvent({ type: "chain-away" });
    this.#onEvent({ type: "quoted", plan, agreed });
    if (quote) {
      if (put.drop) {
        await untilInterrupted(signal, gateway.abandonPackage(id));
        await this.#record?.forget();
      }
      return plan;
    }
    const { mandate, document } = agreed.offer;
    this.#stored = { id, documentHash: mandate.documentHash, document, manifest };
    await confirm?.(agreed);
    signal.throwIfAborted();
    this.#signed = true;
    await untilInterrupted(signal, signAgreed(this.#ports, agreed, put.isAside));
    return plan;
  }

  /** Encrypt and send what is not there yet, and complete the upload. */
  async #upload(put: {
    begun: BegunPut;
    listed: L;
    terms: PutTerms;
    /** Its name until it takes the place of another. */
    called: string;
  }): Promise<{ uploaded: Uploaded; manifest: Manifest }> {
    const { gateway, owner, clock } = this.#ports;
    const { begun, listed, terms } = put;
    const { id } = begun;
    this.#onEvent({ type: "listed", listed });
    const { manifest, opened } = begun.sent ?? (await this.#send(put));
    const { totalsOf } = await import("@cairn/archive/browser");
    const { files, bytes } = totalsOf(opened);
    this.#onEvent({ type: "uploaded", files, bytes });
    if (opened.types !== undefined) await labelContent({ gateway, owner }, id, { files, bytes, types: opened.types });
    const root = opened.root.toString();
    const pieces = opened.pieces.map((length) => ({ length }));
    const committing = gateway.completePackage(id, { root, pieces, files, bytes });
    await inStage(this.#onEvent, "committing", (update) =>
      followCommitments({ gateway, clock }, id, committing, update),
    );
    const { k, n, days, placement } = terms;
    const uploaded: Uploaded = {
      ...{ id, owner: owner.signer.address, root, pieces: opened.pieces, k, n, mask: MASK, days },
      placement: placementFromJson(placement),
      manifest: { sha256: sha256Hex(manifest), size: manifest.length },
    };
    return { uploaded, manifest: opened };
  }

  async #send({ begun, listed, terms, called }: { begun: BegunPut; listed: L; terms: PutTerms; called: string }) {
    const { gateway, owner, clock } = this.#ports;
    const { upload = streamedUpload, bytesPerSecond, signal } = this.#options;
    const record = this.#record;
    const { id, repairKey, created, from } = begun;
    const { k, n, days, layout, pieceLimit, placement } = terms;
    // Answered as it stands when it was opened before.
    await gateway.openPackage({
      ...{ id, owner: owner.signer.address, expectedBytes: listed.bytes, k, n, mask: MASK, layout, days },
      nameHash: nameHash(owner, called),
      label: encryptLabel(owner, id, { name: called, files: 0, bytes: 0 }),
      placement: placement as OpenPackageJson["placement"] & object,
      repairKey: toBase64(repairKey),
      ...(terms.public === undefined ? {} : { public: terms.public }),
      ...(terms.hot === undefined ? {} : { hot: terms.hot }),
    });
    const { bodyBytes, piecesOf } = await import("@cairn/archive/browser");
    const key = await owner.openKey();
    const pieces = upload(gateway, id, signal, piecesOf(from).map(bodyBytes));
    const pace = paceOf(clock, bytesPerSecond, signal);
    const write = async (piece: number, bytes: Uint8Array): Promise<void> => {
      await pace(bytes.length);
      await pieces.write(piece, bytes);
    };
    const sent = await inStage(this.#onEvent, "uploading", async (onProgress) => {
      const packed = await listed.pack({
        ...{ from, layout, key, pieceLimit, repairKey, packageId: id, name: this.#name, created, onProgress, signal },
        sink: { write, cut: pieces.cut },
        ...(record === undefined ? {} : { onCheckpoint: (checkpoint) => record.add(checkpoint) }),
      });
      await pieces.finish();
      return packed;
    });
    await record?.keepManifest(sent.manifest);
    await whileBusy(clock, () => gateway.putManifest(id, sent.manifest));
    return sent;
  }

  /** What was signed for before this put began. */
  async #signedBefore({ id, sent }: BegunPut): Promise<Stored | undefined> {
    const { document, documentHash } = await findPackage(this.#ports, id);
    if (sent === undefined || document === undefined || documentHash === null) return undefined;
    return { id, documentHash: documentHash as Hex, document, manifest: sent.opened };
  }

  /** Watch the deals come alive, and see for oneself; the network goes on by itself if this is stopped. */
  async #follow(
    { id, resumed, finish }: { id: string; resumed: Resumed; finish: string },
    confirmed: () => Promise<void>,
  ): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#options;
    const name = this.#name;
    const started = clock.monotonic();
    const kept = finish === "" ? "" : ` ${finish}`;
    const placing = {
      message: `interrupted: ${name} is being handed over all the same`,
      next: `Follow it with \`cairn show ${id}\`, or end it with \`cairn rm ${id}\`.${kept}`,
    };
    const status = await interruptedAs(signal, placing, () =>
      inStage(this.#onEvent, "placing", (update) => followPlacing(this.#ports, id, { signal, update })),
    );
    if (status.state === "STORED") {
      const reading = {
        message: `interrupted: ${name} is stored, and was not read back here yet`,
        next: `Have it read by its holders with \`cairn check ${id}\`.${kept}`,
      };
      await interruptedAs(signal, reading, confirmed);
    }
    const seconds = (clock.monotonic() - started) / 1000;
    this.#onEvent({ type: "placed", status, name, resumed, seconds });
    if (status.state === "STORED") return;
    throw new CairnError(`${name} is ${status.state}${status.cause === null ? "" : `: ${status.cause}`}`, {
      code: "not-stored",
      kind: "conflict",
      next: status.next ?? `See \`cairn show ${status.id}\`.`,
    });
  }

  /** It is stored: it takes its name, and what it replaces ends. */
  async #takeOver(taking: {
    id: string;
    old: FoundPackage | undefined;
    isAside: boolean;
    superseded: readonly LeftBeside[];
    finish: string;
  }): Promise<void> {
    const { id, old, isAside, superseded, finish } = taking;
    const { signal } = this.#options;
    const name = this.#name;
    const end = async () => {
      const ended = isAside && (await takeOver(this.#ports, { id, name, old }));
      if (isAside && old !== undefined)
        this.#onEvent(ended ? { type: "ended", id: old.id, role: "named" } : { type: "kept", id: old.id });
      // What was given another name while this was stored is beside it no more.
      const left = superseded.length === 0 ? [] : await leftBeside(this.#ports, name);
      for (const one of superseded) {
        if (!left.some((still) => still.id === one.id)) {
          this.#onEvent({ type: "kept", id: one.id });
          continue;
        }
        const found = await findPackage(this.#ports, one.id);
        // What is over needs no end.
        if (found.document !== undefined) await endPackage(this.#ports, found, found.document.owner);
        this.#onEvent({ type: "ended", ...one });
      }
      await this.#record?.forget();
    };
    const stopped = {
      message: `interrupted: ${name} is stored as ${id}, and may not have taken the old one's place yet`,
      next: `${finish} What \`cairn ls\` then still shows beside it, end with \`cairn rm ID\`.`.trim(),
    };
    await interruptedAs(signal, stopped, () => untilInterrupted(signal, end()));
  }
}
