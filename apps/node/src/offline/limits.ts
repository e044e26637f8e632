import { UNIXFS_V1_2025 } from "@cairn/archive";
import { maxPayload } from "@cairn/proofs";
import { CairnError } from "@cairn/protocol/errors";
import { parseSize } from "../cli/parse-size.ts";

/** From the smallest that holds a block of 1 MiB to the largest sector of Filecoin; smaller ones need smaller blocks. */
const LEAST_SECTOR = 131_072n;
const MOST_SECTOR = 64n << 30n;
const LEAST_CHUNK = 1024;

/**
 * The payload of a sector: its size less the two bits that fr32 adds to each 254 (34,091,302,912 of 32 GiB).
 * @param text a size such as `32GiB`
 * @throws CairnError `bad-input`
 */
export function payloadOf(text: string): number {
  const sector = parseSize(text);
  if ((sector & (sector - 1n)) === 0n && sector >= LEAST_SECTOR && sector <= MOST_SECTOR)
    return maxPayload(Number(sector));
  throw new CairnError(`${text} is no size of a sector`, {
    code: "bad-input",
    kind: "input",
    next: "Give 32GiB or 64GiB, or for other networks a power of two from 128KiB to 64GiB.",
  });
}

/** What a block needs besides its content: its length, its CID, and the part's header. */
const AROUND = 200;

/**
 * Bytes of a leaf that fit into such a payload, 1 MiB unless said.
 * @throws CairnError `bad-input`
 */
export function chunkOf(text: string | undefined, payload: number): number {
  const chunk = text === undefined ? UNIXFS_V1_2025.chunk : Number(parseSize(text));
  if (chunk >= LEAST_CHUNK && chunk <= UNIXFS_V1_2025.chunk && chunk + AROUND <= payload) return chunk;
  const most = Math.min(UNIXFS_V1_2025.chunk, payload - AROUND);
  throw new CairnError(`blocks of ${chunk} bytes do not fit`, {
    code: "bad-input",
    kind: "input",
    next: `Give --chunk from 1KiB to ${most} bytes, such as --chunk 64KiB, or a larger --limit.`,
    details: { field: "chunk", most },
  });
}
