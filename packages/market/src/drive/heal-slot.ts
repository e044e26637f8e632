import { type Context, signAsExecutor } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy, type SlotUpdate } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { handOverOf, requestStore } from "./store-shard.ts";

const DISCARD_TIMEOUT_SECONDS = 30;

/** Have a provider drop its damaged copy and take the rebuilt one, under the same deal; the chain does not change. */
export async function healSlot(context: Context, row: PackageRow, slot: SlotRow, signal: AbortSignal): Promise<void> {
  const update = (event: SlotUpdate["event"]): SlotUpdate[] => [{ piece: slot.piece, shard: slot.shard, event }];
  const { deal, provider } = slot.state;
  try {
    await context.stores.run(
      handOverOf(row, slot, -1),
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
    await applySlotEvents(context, row.id, update(blockedBy(error, 10)));
  }
}

/** Forget a rebuilt file that its provider has taken. */
export async function dropSource(context: Context, slot: SlotRow): Promise<void> {
  await context.spool.removeFile(context.spool.shardPath(slot.package, slot.piece, slot.shard));
  await applySlotEvents(context, slot.package, [
    { piece: slot.piece, shard: slot.shard, event: { type: "source-gone" } },
  ]);
}
