import { CairnError, type PackageId } from "@cairn/protocol";
import type { Context } from "../context.ts";
import { loadPackage } from "../package-rows.ts";
import { loadPieceSlots } from "../slot-rows.ts";
import { fetchRange } from "./fetch-range.ts";
import { isReadable } from "./piece-source.ts";

const WINDOW_BYTES = 4_194_304;

export interface ReadShardRequest {
  id: PackageId;
  piece: number;
  shard: number;
  /** Bytes [from, to); default the whole shard. */
  from?: number;
  to?: number;
  signal?: AbortSignal;
}

/**
 * Masked bytes of one shard as its holder gives them, not verified, by the permission to read that the owner gave this gateway with the
 * package. What goes elsewhere with them must be held against the shard's commitment first.
 *
 * @throws CairnError `unknown-package`, `no-capability`, `shard-away`, `bad-range`, and what `fetchRange` throws
 */
export async function* readShard(context: Context, request: ReadShardRequest): AsyncGenerator<Uint8Array> {
  const row = await loadPackage(context.pool, request.id);
  if (row.readCapability === null) {
    throw new CairnError("the owner has not let this gateway read the shards", {
      code: "no-capability",
      kind: "conflict",
      next: "Read them from the gateway that stored the package.",
    });
  }
  const slots = await loadPieceSlots(context.pool, row.id, request.piece);
  const slot = slots.find(({ shard }) => shard === request.shard);
  if (slot === undefined || !isReadable(slot)) {
    throw new CairnError(`nobody holds shard ${request.shard} of piece ${request.piece} at the moment`, {
      code: "shard-away",
      kind: "unavailable",
      next: "It is being rebuilt, unless the package has ended; ask again in a while.",
    });
  }
  const { from = 0, to = slot.rawLength } = request;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to || to > slot.rawLength) {
    throw new CairnError(`bytes ${from} to ${to} are outside the shard of ${slot.rawLength} bytes`, {
      code: "bad-range",
      kind: "input",
    });
  }
  const provider = slot.state.provider!;
  const holder = { shard: slot.shard, provider, deal: slot.state.deal! };
  await context.transport.seek([provider]);
  const signal = request.signal ? AbortSignal.any([request.signal, context.stopping]) : context.stopping;
  for (let at = from; at < to; at += WINDOW_BYTES) {
    yield await fetchRange(context, holder, row.readCapability, at, Math.min(WINDOW_BYTES, to - at), signal);
  }
}
