import type { Uploads } from "@cairn/accounts";
import type { Job, JobHandler } from "@cairn/catalog";
import type { NewVaultUploadJson } from "@cairn/client";
import type { Clock } from "@cairn/core";
import type { Market } from "@cairn/market";
import { whileBusy } from "@cairn/owner/while-busy";
import { CairnError } from "@cairn/protocol/errors";
import { folderOf } from "./allowed-path.ts";
import { FRAMES, type Frame, type Tick } from "./frames.ts";
import type { PathReader } from "./path-reader.ts";

const KIND = "vault-path:";

/** Jobs of this gateway alone: others of its database have other machines. */
export const packPathsKind = (gateway: string): string => `${KIND}${gateway}`;

/** Whether a job is such a one, of whichever gateway. */
export const isPackPaths = ({ kind }: Pick<Job, "kind">): boolean => kind.startsWith(KIND);

/** What such a job is asked for; its id is the package's. */
export type PackPathRequest = NewVaultUploadJson;

const SAVE_MILLISECONDS = 1000;

export interface PackPathsOptions {
  market: Pick<Market, "keepUpload" | "appendPiece" | "putManifest">;
  uploads: Pick<Uploads, "take">;
  reader: Pick<PathReader, "read">;
  folders: readonly string[];
  clock: Pick<Clock, "sleep">;
}

/**
 * Encrypts a folder of this machine to its owner's public key, into the upload that the owner has opened. Each turn begins anew: what an earlier one left is
 * dropped first, and where that is being ended still, as after a job that was cancelled just now, it is waited for. What stands there when it fails is an upload that nobody completes, as of any client that went away.
 */
export function packPaths({ market, uploads, reader, folders, clock }: PackPathsOptions): JobHandler {
  return async ({ id, account, request }: Job, { signal, save }) => {
    const { path, ...wanted } = request as PackPathRequest;
    const folder = folderOf(path, folders);
    await whileBusy(clock, () => market.keepUpload({ id, pieces: [] }), signal);
    let last: Tick = { files: 0, done: 0, total: 0, skipped: 0, isRead: false };
    let saved = 0;
    const tell = async (bytes: Buffer) => {
      last = JSON.parse(bytes.toString("utf8")) as Tick;
      if (performance.now() - saved < SAVE_MILLISECONDS) return;
      saved = performance.now();
      await save(last);
    };
    const frames = new Peeked(reader.read({ kind: "pack", account, path, folder, packageId: id, ...wanted }, signal));
    /** Bytes of the frames that come next, as long as they are of this kind. */
    async function* body(isPart: (frame: Frame) => boolean, header: number): AsyncGenerator<Uint8Array> {
      for (let next = await frames.peek(); next !== undefined; next = await frames.peek()) {
        if (next.type === FRAMES.tick) await tell(next.bytes);
        else if (isPart(next)) yield next.bytes.subarray(header);
        else return;
        frames.drop();
      }
    }
    /** Is refused as busy before a byte is taken. */
    const store = (
      bytes: () => AsyncIterable<Uint8Array>,
      keep: (body: AsyncIterable<Uint8Array>) => Promise<unknown>,
    ) => whileBusy(clock, () => uploads.take({ account, bytes: bytes() }, keep), signal);
    try {
      for (let next = await frames.peek(); next?.type !== FRAMES.end; next = await frames.peek()) {
        if (next === undefined) throw new Error("a reader ended before it was done");
        if (next.type === FRAMES.tick) {
          await tell(next.bytes);
          frames.drop();
        } else if (next.type === FRAMES.piece) {
          const piece = next.bytes.readUInt32BE(0);
          const isPart = ({ type, bytes }: Frame) => type === FRAMES.piece && bytes.readUInt32BE(0) === piece;
          await store(
            () => body(isPart, 4),
            (parts) => market.appendPiece({ id, piece, offset: 0, body: parts }),
          );
        } else if (next.type === FRAMES.result) {
          const isPart = ({ type }: Frame) => type === FRAMES.result;
          await store(
            () => body(isPart, 0),
            (parts) => market.putManifest({ id, body: parts }),
          );
        }
      }
    } finally {
      await frames.close();
    }
    await save(last);
    return { done: null };
  };
}

/** Frames of which the next one can be looked at before it is taken. */
class Peeked {
  readonly #frames: AsyncGenerator<Frame>;
  #next: Promise<IteratorResult<Frame>> | undefined;

  constructor(frames: AsyncGenerator<Frame>) {
    this.#frames = frames;
  }

  async peek(): Promise<Frame | undefined> {
    this.#next ??= this.#frames.next();
    const step = await this.#next;
    return step.done ? undefined : step.value;
  }

  drop(): void {
    this.#next = undefined;
  }

  async close(): Promise<void> {
    await this.#frames.return(undefined);
  }
}

/** @throws CairnError `wallet-locked` */
export function requireOpenVault(isOpen: boolean): void {
  if (isOpen) return;
  throw new CairnError("no vault of the account is open, and the gateway's machine is read for none else", {
    code: "wallet-locked",
    kind: "conflict",
    next: "Open one: `cairn wallet unlock NAME`, after `cairn wallet add NAME --kind vault` where there is none.",
  });
}
