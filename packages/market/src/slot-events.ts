import { inTransaction, type NewEvent, type PromiseOutcome, recordEvents, recordPromises } from "@cairn/catalog";
import { HEALS_BROKEN, promiseOf, type SlotEvent, stepSlot } from "@cairn/core";
import { CairnError, type Hex, type PackageId, type Quote } from "@cairn/protocol";
import type { PoolClient } from "pg";
import type { Context } from "./context.ts";
import { refreshPackage } from "./refresh-package.ts";
import { lockSlot, type SlotRow, saveSlot } from "./slot-rows.ts";

export interface SlotUpdate {
  piece: number;
  shard: number;
  event: SlotEvent;
  /** Written together with the step when the step was taken. */
  quote?: { quote: Quote; signature: Hex };
  receipt?: Hex;
}

/**
 * Apply events to slots of one package: rows, package state, events for people and outbox messages in one transaction, locked in (piece,
 * shard) order; where the package is driven, only under its lease. `more` runs in it too.
 */
export async function applySlotEvents(
  context: Context,
  id: PackageId,
  updates: readonly SlotUpdate[],
  more?: (client: PoolClient) => Promise<void>,
): Promise<SlotRow[]> {
  return inTransaction(context.pool, (client) => applySlotEventsIn(context, client, id, updates, more));
}

/** Apply an event to each of some slots of one package, as applySlotEvents does. */
export function applyToEach<S extends SlotRow>(
  context: Context,
  id: PackageId,
  slots: readonly S[],
  eventOf: (slot: S) => SlotEvent,
): Promise<SlotRow[]> {
  return applySlotEvents(
    context,
    id,
    slots.map((slot) => ({ piece: slot.piece, shard: slot.shard, event: eventOf(slot) })),
  );
}

export async function applySlotEventsIn(
  context: Context,
  client: PoolClient,
  id: PackageId,
  updates: readonly SlotUpdate[],
  more?: (client: PoolClient) => Promise<void>,
): Promise<SlotRow[]> {
  const now = context.clock.now();
  const rows: SlotRow[] = [];
  const told: NewEvent[] = [];
  const promises: PromiseOutcome[] = [];
  const times = { proposalSeconds: context.deployment.proposalSeconds, now: context.chainNow() };
  await client.query("select 1 from catalog.packages where id = $1 for update", [id]);
  await context.lease?.assertHeld(client);
  for (const update of updates.toSorted((a, b) => a.piece - b.piece || a.shard - b.shard)) {
    const before = await lockSlot(client, id, update.piece, update.shard);
    const state = stepSlot(before.state, update.event, now);
    const taken = state !== before.state;
    const row: SlotRow = {
      ...before,
      state,
      ...(taken && update.quote ? { quote: update.quote.quote, quoteSignature: update.quote.signature } : {}),
      ...(taken && update.receipt ? { receipt: update.receipt } : {}),
      ...(state.deal === null ? { quote: null, quoteSignature: null, receipt: null } : {}),
    };
    if (taken) {
      await saveSlot(client, row);
      for (const line of describeStep(before, row)) told.push(line);
      const promise = promiseOf(before.state, update.event, state, { ...times, bytes: before.rawLength });
      if (promise !== undefined) promises.push(promise);
    }
    rows.push(row);
  }
  await more?.(client);
  await recordEvents(client, told);
  await refreshPackage(context, client, id);
  await recordPromises(client, promises, times.now);
  return rows;
}

function describeStep(before: SlotRow, after: SlotRow): NewEvent[] {
  const what = `Shard ${after.shard} of piece ${after.piece}`;
  const about = {
    package: after.package,
    provider: after.state.provider ?? before.state.provider ?? undefined,
    deal: after.state.deal ?? before.state.deal ?? undefined,
    data: { piece: after.piece, shard: after.shard },
  };
  const step = `${before.state.phase} ${after.state.phase}`;
  if (step === "PROPOSED RECEIPTED") {
    const message = `${what} lies with its provider, which has signed for it.`;
    return [{ ...about, kind: "shard-received", severity: "info", message }];
  }
  if (before.state.healing && !after.state.healing && after.state.phase === "ACTIVE") {
    const message = `${what} was rewritten from the other shards; the damage is cured.`;
    return [{ ...about, kind: "shard-healed", severity: "info", message }];
  }
  if (before.state.spare !== after.state.spare && after.state.spare !== null) {
    const why =
      after.state.spare === "unhealed"
        ? `its provider did not let its damaged copy be rewritten, ${after.state.failures} times in a row: ${after.state.cause}`
        : (after.state.cause ?? "its provider may be lost");
    const message = `${what} is rebuilt at the gateway: ${why}`;
    return [{ ...about, kind: "shard-spared", severity: "warning", message, next: after.state.next ?? undefined }];
  }
  if (!before.state.withdrawing && after.state.withdrawing) {
    const message = `${what} is taken from its provider before it was stored: ${after.state.cause ?? "it failed"}`;
    return [{ ...about, kind: "provider-replaced", severity: "warning", message, next: after.state.next ?? undefined }];
  }
  if (after.state.healing && before.state.failures < HEALS_BROKEN && after.state.failures === HEALS_BROKEN) {
    const message = `${what} was not taken by its provider to be rewritten, ${HEALS_BROKEN} times in a row: ${after.state.cause}`;
    const next =
      "It is tried again, more rarely each time. While it is not rewritten its provider gets no new shards, and where it reports damage period after period its deal fails and another gets the shard.";
    return [{ ...about, kind: "shard-not-healed", severity: "warning", message, next }];
  }
  if (!before.state.healing && after.state.healing) {
    const message = `${what} is damaged on its provider's disk (${after.state.cause ?? "reported"}) and is being rewritten.`;
    return [{ ...about, kind: "shard-damaged", severity: "warning", message }];
  }
  return [];
}

/** What stopped a command, as the event that makes the slot wait. */
export function blockedBy(error: unknown, retrySeconds: number): SlotEvent {
  if (error instanceof CairnError) {
    return { type: "blocked", cause: error.message, next: error.next ?? null, retrySeconds };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: "blocked", cause: message, next: "It will be tried again.", retrySeconds };
}
