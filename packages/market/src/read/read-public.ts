import { findPublicBlocks, type PublicFrame } from "@cairn/catalog";
import { CairnError, type PackageId } from "@cairn/protocol";
import type { CID } from "multiformats/cid";
import type { Context } from "../context.ts";
import { loadPackage } from "../package-rows.ts";
import { blockUnknown, parseCids, readFrames } from "./read-blocks.ts";

const BATCH = 1000;
/** Multicodec of sha2-256, the only hash by which blocks are looked for. */
const SHA2_256 = 0x12;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/**
 * Blocks of public packages in the order asked, each held against its CID; where one package cannot give a block, another that has it is asked. Bytes hold
 * until the next are asked for.
 * @throws CairnError `bad-cid`, `too-many-cids`, `block-unknown`, and what reading the last package that has a block throws
 */
export async function* readPublicBlocks(
  context: Context,
  request: { cids: string[]; signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const cids = parseCids(request.cids);
  const signal = request.signal ? AbortSignal.any([request.signal, context.stopping]) : context.stopping;
  for (let from = 0; from < cids.length; from += BATCH)
    yield* readBatch(context, cids.slice(from, from + BATCH), signal);
}

async function* readBatch(context: Context, cids: readonly CID[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const wanted = cids.filter(({ multihash }) => multihash.code === SHA2_256).map(({ multihash }) => multihash.digest);
  const places = Map.groupBy(await findPublicBlocks(context.pool, wanted), ({ digest }) => hexOf(digest));
  /** Packages that failed to give a block in this call, and why. */
  const failed = new Map<PackageId, unknown>();
  const placeOf = (cid: CID): PublicFrame => {
    const all = (cid.multihash.code === SHA2_256 && places.get(hexOf(cid.multihash.digest))) || [];
    const place = all.find((one) => !failed.has(one.package));
    if (place !== undefined) return place;
    const last = all.at(-1);
    throw last === undefined ? blockUnknown("no public package has", cid) : failed.get(last.package);
  };
  for (let at = 0; at < cids.length; ) {
    // As many as lie in the same package are read in one go.
    const first = placeOf(cids[at]!);
    const frames: PublicFrame[] = [first];
    while (at + frames.length < cids.length) {
      const next = placeOf(cids[at + frames.length]!);
      if (next.package !== first.package) break;
      frames.push(next);
    }
    try {
      for await (const data of readOf(context, frames, signal)) {
        yield data;
        at += 1;
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof CairnError)) throw error;
      failed.set(first.package, error);
    }
  }
}

/** The data of frames of one package. */
async function* readOf(context: Context, frames: PublicFrame[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const row = await loadPackage(context.pool, frames[0]!.package);
  const capability = row.readCapability;
  if (capability === null || !row.public) throw blockUnknown("no public package has", undefined);
  let next = 0;
  for await (const bytes of readFrames(context, row, frames, capability, signal)) {
    for (let at = 0; at < bytes.length; next += 1) {
      const { length, cid } = frames[next]!;
      yield bytes.subarray(at + dataOffset(length, cid.length), at + length);
      at += length;
    }
  }
}

/** Where the data of a frame begins, behind its length as a varint and its CID. */
function dataOffset(frameLength: number, cidLength: number): number {
  for (let size = 1; ; size++) if (frameLength - size < 128 ** size) return size + cidLength;
}
