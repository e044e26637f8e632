import type { GetBlocks } from "@cairn/archive/browser";

type Cids = Parameters<GetBlocks>[0];
type Cid = Cids[number];

const MOST_AT_ONCE = 64;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Many small files are many requests: those that are one block each are asked for together, ahead of being read in the order of `files`. Where such
 * a round fails, each of its files is asked for by itself, so that only the damaged one is missed.
 */
export function batchedBlocks(getBlocks: GetBlocks, files: readonly { cid: Cid; bytes: number }[]): GetBlocks {
  const places = new Map(files.map(({ cid }, place) => [String(cid), place]));
  let held = new Map<string, Uint8Array>();
  let tried = -1;
  async function fill(place: number): Promise<void> {
    const round: Cid[] = [];
    const seen = new Set<string>();
    let bytes = 0;
    for (const { cid, bytes: more } of files.slice(place, place + MOST_AT_ONCE)) {
      if (bytes + more > MOST_BYTES && round.length > 0) break;
      bytes += more;
      tried += 1;
      if (seen.has(String(cid))) continue;
      seen.add(String(cid));
      round.push(cid);
    }
    if (round.length < 2) return;
    const got = new Map<string, Uint8Array>();
    try {
      let next = 0;
      for await (const block of getBlocks(round)) got.set(String(round[next++]), block);
    } catch (error) {
      if (isAbort(error)) throw error;
      // What came before the one at fault is as good as any: blocks are verified by whoever reads them.
    }
    held = got;
  }
  return async function* (cids) {
    const [cid] = cids;
    const place = cids.length === 1 && cid !== undefined ? places.get(String(cid)) : undefined;
    if (cid === undefined || place === undefined) {
      yield* getBlocks(cids);
      return;
    }
    if (!held.has(String(cid)) && place > tried) {
      tried = place - 1;
      await fill(place);
    }
    const block = held.get(String(cid));
    if (block === undefined) yield* getBlocks(cids);
    else yield block;
  };
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
