import { enqueue, inTransaction, recordEvents } from "@cairn/catalog";
import type { PackageId } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { Holder } from "./fetch-range.ts";

/** Name a provider that gave wrong bytes: an event for people, a message for the audit. */
export async function accuse(
  context: Context,
  id: PackageId,
  piece: number,
  holder: Holder,
  detail: string,
): Promise<void> {
  const { deal, provider, shard } = holder;
  context.log.warn({ package: id, piece, shard, provider, deal, detail }, "a provider sent wrong bytes");
  await inTransaction(context.pool, async (client) => {
    await recordEvents(client, [
      {
        package: id,
        provider,
        deal,
        kind: "wrong-bytes",
        severity: "error",
        message: `Provider ${provider} sent wrong bytes for shard ${shard} of piece ${piece}: ${detail}.`,
        next: "Nothing: the bytes were taken from others, and the provider will be checked.",
        data: { piece, shard },
      },
    ]);
    await enqueue(client, "fault-evidence", { deal, provider, package: id, piece, shard, detail });
  });
}
