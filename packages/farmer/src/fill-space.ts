import { asCairnError } from "@cairn/protocol";
import { createBackOff } from "./back-off.ts";
import type { FarmerEvent } from "./events.ts";
import { type ContractKeeper, pause } from "./keep-contracts.ts";
import type { NodeApi } from "./node-api.ts";
import type { WireChunk } from "./wire.ts";

/** Bytes per second that making chunks is taken for; asking for more than an interval can make would lose what was asked for. */
const MAKING_RATE = 32_000_000;
const DEFAULT_INTERVAL = 60;
const PAUSES = { first: 1, longest: 30 };
const BETWEEN_MILLISECONDS = 100;
const LOOK_MILLISECONDS = 1_000;

export interface FillParts {
  api: NodeApi;
  token(): string;
  keeper: ContractKeeper;
  /** Bytes to hold. */
  wanted: number;
  renew(): Promise<void>;
  tell(event: FarmerEvent): void;
  clock(): number;
  random(): number;
  signal: AbortSignal;
}

/** Ask for chunks until as many bytes are held as wanted, and again whenever some were lost. */
export async function fillSpace(parts: FillParts): Promise<void> {
  const { keeper, signal, clock, random } = parts;
  const backOff = createBackOff(PAUSES.first, PAUSES.longest, clock, random);
  while (!signal.aborted) {
    const missing = parts.wanted - keeper.figures().bytes;
    if (missing <= 0 || !backOff.ready()) {
      await pause(LOOK_MILLISECONDS, signal);
      continue;
    }
    const bytes = Math.min(missing, Math.floor(0.5 * MAKING_RATE * (keeper.interval() ?? DEFAULT_INTERVAL)));
    try {
      const chunks = await parts.api.chunks(parts.token(), bytes);
      const kept = withinSize(chunks, bytes);
      if (kept.length < chunks.length) {
        parts.tell({ event: "waiting", reason: "the node handed out more bytes than were asked for", seconds: 0 });
      }
      await keeper.take(kept);
      if (kept.length === 0) backOff.failed();
      else backOff.succeeded();
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asCairnError(thrown);
      const seconds = backOff.failed();
      if (error.code === "no-such-token") await parts.renew();
      else parts.tell({ event: "waiting", reason: error.message, seconds });
    }
    await pause(BETWEEN_MILLISECONDS, signal);
  }
}

function withinSize(chunks: readonly WireChunk[], bytes: number): WireChunk[] {
  let left = bytes;
  return chunks.filter(({ size }) => {
    if (size > left) return false;
    left -= size;
    return true;
  });
}
