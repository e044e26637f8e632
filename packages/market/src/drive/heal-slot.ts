import { faultOf } from "@cairn/core";
import { type Address, asCairnError, CairnError } from "@cairn/protocol";
import { type Context, signAsExecutor } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy, type SlotUpdate } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { handOverOf, requestStore } from "./store-shard.ts";

const DISCARD_TIMEOUT_SECONDS = 30;
const RETRY_SECONDS = 10;

/** Of a heal, which goes before first copies once; and of one that failed, which goes after them. */
const [FIRST_TRY, AGAIN] = [-1, 1];

/**
 * Have a provider drop its damaged copy and take the rebuilt one, under the same deal; the chain does not change. A heal that its provider fails
 * is tried again more and more rarely, and after first copies.
 */
export async function healSlot(context: Context, row: PackageRow, slot: SlotRow, signal: AbortSignal): Promise<void> {
  const update = (event: SlotUpdate["event"]): SlotUpdate[] => [{ piece: slot.piece, shard: slot.shard, event }];
  const { deal, provider } = slot.state;
  let away = true;
  try {
    await context.transport.seek([provider!]);
    // It is looked for again: an absent one holds no place, and has not failed.
    if (!context.transport.reachable(provider!)) throw absent(provider!);
    away = false;
    await context.stores.run(
      handOverOf(row, slot, slot.state.failures === 0 ? FIRST_TRY : AGAIN),
      async (place) => {
        const capability = signAsExecutor(context, "UploadCapability", {
          deal: deal!,
          provider: provider!,
          expiry: BigInt(context.chainNow() + context.deployment.proposalSeconds),
        });
        const options = { timeoutSeconds: DISCARD_TIMEOUT_SECONDS, signal };
        await context.transport.request(provider!, { type: "discard", deal: deal!, capability }, options);
        await requestStore(context, row, slot, signal, place);
      },
      signal,
    );
    await applySlotEvents(context, row.id, update({ type: "healed" }));
  } catch (error) {
    if (signal.aborted) return;
    const event =
      away || faultOf(error) === "ours"
        ? blockedBy(error, RETRY_SECONDS)
        : { type: "heal-failed" as const, cause: asCairnError(error).message };
    await applySlotEvents(context, row.id, update(event));
  }
}

function absent(provider: Address): CairnError {
  return new CairnError(`provider ${provider.slice(0, 10)} is not connected`, {
    ...{ code: "provider-unreachable", kind: "unavailable", next: "Start the provider; the shard is rewritten then." },
  });
}

/** Forget a rebuilt file that its provider has taken. */
export async function dropSource(context: Context, slot: SlotRow): Promise<void> {
  await context.spool.removeFile(context.spool.shardPath(slot.package, slot.piece, slot.shard));
  await applySlotEvents(context, slot.package, [
    { piece: slot.piece, shard: slot.shard, event: { type: "source-gone" } },
  ]);
}
