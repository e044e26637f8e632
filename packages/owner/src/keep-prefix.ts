import { bodyBytes, type Checkpoint, piecesOf } from "@cairn/archive/browser";
import type { Clock } from "@cairn/core";
import type { Gateway } from "./ports.ts";
import { whileBusy } from "./while-busy.ts";

interface KeepPorts {
  gateway: Pick<Gateway, "keepUpload">;
  clock: Pick<Clock, "sleep">;
}

/**
 * Have the gateway cut an upload back to the last checkpoint of which it holds everything, and believe that only if the chains of the
 * blocks are those that were sent. Answers the checkpoints up to there: from now on, all that the gateway holds behind them is new.
 */
export async function keepPrefix(
  ports: KeepPorts,
  id: string,
  checkpoints: readonly Checkpoint[],
  received: ReadonlyMap<number, number>,
): Promise<readonly Checkpoint[]> {
  let kept = checkpoints.slice(0, heldOf(checkpoints, received));
  for (;;) {
    const pieces = piecesOf(kept);
    const answer = await keep(ports, id, pieces);
    const other = pieces.findIndex(({ chain }, number) => answer.pieces[number]?.chain !== chain);
    if (other === -1) return kept;
    // What lies in the pieces before that one may be right; nothing of it and behind it is.
    kept = kept.slice(0, countBefore(kept, other));
  }
}

/** How many of the checkpoints lie in what the gateway says that it holds. */
function heldOf(checkpoints: readonly Checkpoint[], received: ReadonlyMap<number, number>): number {
  let piece = 0;
  for (const [index, { ended, at }] of checkpoints.entries()) {
    for (const whole of ended) {
      if (received.get(piece) !== bodyBytes(whole)) return index;
      piece += 1;
    }
    if ((received.get(piece) ?? 0) < bodyBytes(at)) return index;
  }
  return checkpoints.length;
}

/** How many of the checkpoints lie before a piece begins. */
function countBefore(checkpoints: readonly Checkpoint[], piece: number): number {
  let reached = 0;
  const first = checkpoints.findIndex(({ ended }) => {
    reached += ended.length;
    return reached >= piece;
  });
  return first === -1 ? checkpoints.length : first;
}

const keep = ({ gateway, clock }: KeepPorts, id: string, pieces: readonly { length: number }[]) =>
  whileBusy(clock, () => gateway.keepUpload(id, { pieces: pieces.map(({ length }) => ({ length })) }));
