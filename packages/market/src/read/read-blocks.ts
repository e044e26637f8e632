import { type BlockFrame, findBlocks } from "@cairn/catalog";
import { CairnError, type PackageId, type Signed } from "@cairn/protocol";
import { CID } from "multiformats/cid";
import type { Context } from "../context.ts";
import { loadPackage, type PackageRow } from "../package-rows.ts";
import { ensureIndexed, openPieceSource } from "./open-source.ts";
import type { FrameSource, Run } from "./read-frames.ts";
import { runsOf, verifiedRuns } from "./read-frames.ts";

const MAX_CIDS = 100_000;
const BATCH = 1000;

type PlacedFrame = BlockFrame & { piece: number };

/**
 * CAR frames of the named blocks in the order asked, each held against its CID.
 * @throws CairnError `bad-cid`, `too-many-cids`, `block-unknown`, and what readPiece throws
 */
export async function* readBlocks(
  context: Context,
  request: { id: PackageId; cids: string[]; capability: Signed<"ReadCapability">; signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const row = await loadPackage(context.pool, request.id);
  const cids = parseCids(request.cids);
  const signal = request.signal ? AbortSignal.any([request.signal, context.stopping]) : context.stopping;
  await ensureIndexed(context, row, request.capability, signal);
  const sources: Sources = new Map();
  for (let from = 0; from < cids.length; from += BATCH) {
    const frames = await locate(context, request.id, cids.slice(from, from + BATCH));
    yield* readFrames(context, row, frames, request.capability, signal, sources);
  }
}

/** Opened sources of a package's pieces. */
type Sources = Map<number, FrameSource>;

/** Bytes of frames of one package in the order given, whole frames at a time. */
export async function* readFrames(
  context: Context,
  row: PackageRow,
  frames: readonly PlacedFrame[],
  capability: Signed<"ReadCapability">,
  signal: AbortSignal,
  sources: Sources = new Map(),
): AsyncGenerator<Uint8Array> {
  for (const { piece } of frames) {
    if (!sources.has(piece)) sources.set(piece, await openPieceSource(context, row, piece, capability, signal));
  }
  yield* verifiedRuns(perPiece(frames, row.k), (run) => sources.get(run.piece)!);
}

export async function locateBlocks(
  context: Context,
  request: { id: PackageId; cids: string[] },
): Promise<{ pieces: number[] }> {
  const frames = await findBlocks(
    context.pool,
    request.id,
    parseCids(request.cids).map((cid) => cid.bytes),
  );
  return { pieces: [...new Set(frames.map((frame) => frame.piece))].toSorted((a, b) => a - b) };
}

async function* perPiece(frames: readonly PlacedFrame[], k: number): AsyncGenerator<Run & { piece: number }> {
  for (let from = 0; from < frames.length; ) {
    const { piece } = frames[from]!;
    const end = frames.findIndex((frame, i) => i >= from && frame.piece !== piece);
    const part = frames.slice(from, end < 0 ? frames.length : end);
    for await (const run of runsOf(each(part), k)) yield { ...run, piece };
    from += part.length;
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function locate(context: Context, id: PackageId, cids: readonly CID[]): Promise<PlacedFrame[]> {
  const found = await findBlocks(
    context.pool,
    id,
    cids.map((cid) => cid.bytes),
  );
  const byCid = new Map(found.map((frame) => [Buffer.from(frame.cid).toString("hex"), frame]));
  return cids.map((cid) => {
    const frame = byCid.get(Buffer.from(cid.bytes).toString("hex"));
    if (frame) return frame;
    throw blockUnknown("the package has", cid);
  });
}

export function blockUnknown(who: "the package has" | "no public package has", cid: CID | undefined): CairnError {
  return new CairnError(
    `${who === "the package has" ? "the package has no" : "no public package has"} block${cid === undefined ? "" : ` ${cid}`}`,
    {
      code: "block-unknown",
      kind: "missing",
      details: { cid: cid?.toString() },
      next:
        who === "the package has"
          ? "Check the CID against the package's manifest."
          : "Check the CID; a package is public when it was put with --public.",
    },
  );
}

export function parseCids(texts: readonly string[]): CID[] {
  if (texts.length > MAX_CIDS) {
    throw new CairnError(`${texts.length} blocks are asked at once`, {
      code: "too-many-cids",
      kind: "input",
      next: `Ask for at most ${MAX_CIDS} in one call.`,
    });
  }
  return texts.map((text) => {
    try {
      return CID.parse(text.slice(0, 256));
    } catch (cause) {
      throw new CairnError(`"${text.slice(0, 80)}" is no CID`, {
        code: "bad-cid",
        kind: "input",
        next: "Give a CID as `cairn show` or ipfs prints it, such as bafy… or Qm….",
        cause,
      });
    }
  });
}
