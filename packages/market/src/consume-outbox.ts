import type { OutboxTopics } from "@cairn/catalog";
import type { PoolClient } from "pg";
import type { Context } from "./context.ts";
import { applySlotEventsIn } from "./slot-events.ts";
import { findSlotByDeal } from "./slot-rows.ts";

/** The finalised chain decided a deal: its slot follows. */
export async function onDealState(
  context: Context,
  client: PoolClient,
  { deal, state }: OutboxTopics["deal-state"],
): Promise<void> {
  const slot = await findSlotByDeal(client, deal);
  if (!slot) return;
  const { piece, shard } = slot;
  await applySlotEventsIn(context, client, slot.package, [{ piece, shard, event: { type: "chain", deal, state } }]);
  context.wake(slot.package);
}

/** The audit found a damaged copy. */
export async function onHeal(
  context: Context,
  client: PoolClient,
  { deal, reason }: OutboxTopics["heal"],
): Promise<void> {
  const slot = await findSlotByDeal(client, deal);
  if (!slot) return;
  const { piece, shard } = slot;
  await applySlotEventsIn(context, client, slot.package, [
    { piece, shard, event: { type: "heal-requested", cause: reason } },
  ]);
  context.wake(slot.package);
}

/** The audit fears for a copy, or no longer. */
export async function onSpare(
  context: Context,
  client: PoolClient,
  { deal, why, reason }: OutboxTopics["spare"],
): Promise<void> {
  const slot = await findSlotByDeal(client, deal);
  if (!slot) return;
  const { piece, shard } = slot;
  const event =
    why === null ? ({ type: "spare-dropped" } as const) : ({ type: "spare-wanted", why, cause: reason } as const);
  await applySlotEventsIn(context, client, slot.package, [{ piece, shard, event }]);
  context.wake(slot.package);
}

/** The audit caught the holder with a lie. */
export async function onLied(context: Context, client: PoolClient, { deal }: OutboxTopics["lied"]): Promise<void> {
  const slot = await findSlotByDeal(client, deal);
  if (!slot) return;
  const { piece, shard } = slot;
  await applySlotEventsIn(context, client, slot.package, [{ piece, shard, event: { type: "provider-lied", deal } }]);
}
