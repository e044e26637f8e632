import type { BlockFrame } from "@cairn/catalog";
import { isFrame } from "./frame.ts";

/** Frames that lie one behind the other, fetched together. */
export interface Run {
  offset: number;
  length: number;
  frames: BlockFrame[];
}

/** Bytes fetched in one go; a longer frame makes a run of its own. Where they must be rebuilt, k times as many are read. */
const RUN_BYTES = 4_194_304;
const REBUILD_BYTES = 25_165_824;
/** Runs under way at once. */
const AHEAD = 3;

export interface FrameSource {
  read(from: number, length: number): Promise<Buffer>;
  release(bytes: Buffer): void;
  mend(from: number, length: number, isRight: (bytes: Buffer) => boolean): Promise<Buffer>;
}

/** Join frames that lie one behind the other into runs, keeping their order; `k` as of the package's code. */
export async function* runsOf(frames: AsyncIterable<BlockFrame>, k: number): AsyncGenerator<Run> {
  const most = Math.min(RUN_BYTES, Math.floor(REBUILD_BYTES / k));
  let run: Run | undefined;
  for await (const frame of frames) {
    if (run && run.offset + run.length === frame.offset && run.length + frame.length <= most) {
      run.frames.push(frame);
      run.length += frame.length;
      continue;
    }
    if (run) yield run;
    run = { offset: frame.offset, length: frame.length, frames: [frame] };
  }
  if (run) yield run;
}

/**
 * The bytes of runs in order, fetched ahead; each frame is checked, and mended where it is wrong, before it leaves. They hold until the next are
 * asked for.
 */
export async function* verifiedRuns<R extends Run>(
  runs: AsyncIterable<R>,
  sourceOf: (run: R) => FrameSource,
): AsyncGenerator<Buffer> {
  const ahead: { source: FrameSource; bytes: Promise<Buffer> }[] = [];
  const start = (run: R) => {
    const source = sourceOf(run);
    const bytes = verifiedRun(run, source);
    // Awaited in its turn; until then its failure must not count as unhandled.
    bytes.catch(() => undefined);
    ahead.push({ source, bytes });
  };
  async function* first(): AsyncGenerator<Buffer> {
    const { source, bytes } = ahead.shift()!;
    const checked = await bytes;
    yield checked;
    source.release(checked);
  }
  for await (const run of runs) {
    start(run);
    if (ahead.length >= AHEAD) yield* first();
  }
  while (ahead.length > 0) yield* first();
}

async function verifiedRun(run: Run, source: FrameSource): Promise<Buffer> {
  const bytes = await source.read(run.offset, run.length);
  for (const frame of run.frames) {
    const at = frame.offset - run.offset;
    if (isFrame(bytes.subarray(at, at + frame.length), frame)) continue;
    const right = await source.mend(frame.offset, frame.length, (tried) => isFrame(tried, frame));
    right.copy(bytes, at);
  }
  return bytes;
}
