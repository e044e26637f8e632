import { inTransaction, recordPromises } from "@cairn/catalog";
import { type BreachKind, faultOf, pastDeadline, type SlotEvent } from "@cairn/core";
import { asCairnError, CairnError, type Hex, recoverTyped, type Seconds } from "@cairn/protocol";
import { awaitReturn } from "../candidates.ts";
import { type Context, sameAddress, signAsExecutor } from "../context.ts";
import type { HandOver, HandOverPlace } from "../hand-over-places.ts";
import { SLOWEST_BYTES_PER_SECOND } from "../own-line.ts";
import { loadDocument, type PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { watchHandOver } from "./watch-hand-over.ts";
import { weighFailure } from "./weigh-failure.ts";
import { weighSource } from "./weigh-source.ts";

const STORE_SECONDS = 60;
/** So many times its own time a hand-over may take that this gateway's line, with as many at once, is too slow for; a proposal ends before. A choice. */
const STRETCHED = 16;

/** Have a provider pull a PROPOSED shard and sign its receipt; asked again it goes on where it was. */
export async function storeShard(context: Context, row: PackageRow, slot: SlotRow, signal: AbortSignal): Promise<void> {
  let event: SlotEvent;
  let receipt: Hex | undefined;
  let askedAt = context.chainNow();
  const store = (place: HandOverPlace) => {
    askedAt = context.chainNow();
    return requestStore(context, row, slot, signal, place);
  };
  try {
    await awaitReturn(context, slot.state.provider!, signal);
    receipt = await context.stores.run(handOverOf(row, slot, 0), store, signal);
    event = { type: "received" };
  } catch (error) {
    if (signal.aborted) return;
    event = await failureOf(context, row, slot, error, askedAt);
    if (signal.aborted) return;
  }
  const [after] = await applySlotEvents(context, row.id, [
    { piece: slot.piece, shard: slot.shard, event, ...(receipt === undefined ? {} : { receipt }) },
  ]);
  if (event.type === "provider-failed" && after?.state.deal !== slot.state.deal) await noteLapse(context, slot);
}

export function handOverOf(row: Pick<PackageRow, "id" | "owner">, slot: SlotRow, priority: number): HandOver {
  return { provider: slot.state.provider!, owner: row.owner, package: row.id, priority };
}

/** The proposal ran out while its provider let the request hang: the slot was freed before anybody knew why. */
export async function noteLapse(context: Context, { state, rawLength }: SlotRow): Promise<void> {
  const now = context.chainNow();
  if (!pastDeadline(state, now)) return;
  const proposedAt = state.deadline! - context.deployment.proposalSeconds;
  await inTransaction(context.pool, (client) =>
    recordPromises(client, [{ provider: state.provider!, outcome: "failed", proposedAt, bytes: rawLength }], now),
  );
}

function timeoutOf({ rawLength }: SlotRow): Seconds {
  return STORE_SECONDS + Math.ceil(rawLength / SLOWEST_BYTES_PER_SECOND);
}

/** Ask for a copy under the slot's deal; resolves with a checked receipt. */
export async function requestStore(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  signal: AbortSignal,
  place?: HandOverPlace,
): Promise<Hex> {
  const { deal, provider, deadline } = slot.state;
  const documentSize = (await loadDocument(context.pool, row.id)).length;
  const expiry = Math.max(deadline ?? 0, context.chainNow() + context.deployment.proposalSeconds);
  const capability = signAsExecutor(context, "UploadCapability", {
    deal: deal!,
    provider: provider!,
    expiry: BigInt(expiry),
  });
  const request = {
    type: "store" as const,
    deal: deal!,
    quote: slot.quote!,
    source: `/api/v1/provider/shards/${deal}`,
    capability,
    manifest: { sha256: row.manifest!.sha256, size: row.manifest!.size },
    documentSize,
  };
  const limitSeconds = timeoutOf(slot);
  const left = slot.state.phase === "PROPOSED" ? (deadline ?? 0) - context.chainNow() : Number.POSITIVE_INFINITY;
  const timeoutSeconds = Math.max(limitSeconds, Math.min(STRETCHED * limitSeconds, left));
  const { receipt } = await watchHandOver(context, deal!, { place, limitSeconds, signal }, (watched) =>
    context.transport.request(provider!, request, { timeoutSeconds, signal: watched }),
  );
  const record = await context.ledger.provider(provider!);
  const message = { deal: deal!, commitment: slot.commitment, rawLength: BigInt(slot.rawLength) };
  const signer = recoverTyped("Receipt", message, context.deployment, receipt);
  if (record && sameAddress(record.hot, signer)) return receipt;
  throw new CairnError("it signed for something else than it was to store", { code: "wrong-receipt", kind: "corrupt" });
}

/** Answers after which asking again is of no use, and how each breaks the promise of the quote. */
const HOPELESS: ReadonlyMap<string, BreachKind> = new Map([
  ["refused", "refused"],
  ["full", "full"],
  ["wrong-receipt", "refused"],
  ["not-reserved", "failed"],
  ["unknown-deal", "failed"],
]);

async function failureOf(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  error: unknown,
  askedAt: Seconds,
): Promise<SlotEvent> {
  if (faultOf(error) === "ours") return blockedBy(error, 5);
  const { code, message } = asCairnError(error);
  if (code === "wrong-commitment") {
    try {
      const ours = await weighSource(context, row, slot);
      if (ours !== undefined) return ours;
    } catch (unread) {
      return blockedBy(unread, 5);
    }
  }
  const failed = {
    type: "provider-failed" as const,
    cause: `The provider did not store it: ${message}`,
    hopeless: HOPELESS.has(code),
    never: code === "wrong-receipt",
    breach: HOPELESS.get(code) ?? "failed",
  };
  return weighFailure(context, slot, failed, { code, askedAt, timeoutSeconds: timeoutOf(slot) });
}
