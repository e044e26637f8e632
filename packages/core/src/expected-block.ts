import type { Seconds } from "@cairn/protocol";

interface Block {
  number: number;
  timestamp: Seconds;
}

/** Fewer blocks than this say nothing of how often they are made. */
const LEAST_BLOCKS = 10;

/**
 * The block that is to be expected at a time, as contracts count seconds and no blocks: from the newest one on at the pace that the chain has had since
 * `start`, or of a block each `blockSeconds` while that is too short ago. An estimate, and so it is shown.
 */
export function expectedBlock(
  time: Seconds,
  { head, start, blockSeconds }: { head: Block; start: Block | undefined; blockSeconds: number },
): number {
  const measured =
    start !== undefined && head.number - start.number >= LEAST_BLOCKS && head.timestamp > start.timestamp;
  const pace = measured ? (head.timestamp - start.timestamp) / (head.number - start.number) : blockSeconds;
  return Math.max(0, head.number + Math.ceil((time - head.timestamp) / pace));
}
