import { createMask, createRebuilder, type Mask, shardLength } from "@cairn/archive/erasure";
import { isTooLong } from "@cairn/core";
import { UNIT_BYTES } from "@cairn/proofs";
import { type Address, CairnError, type Hex, type Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow, PieceRow } from "../package-rows.ts";
import { isLive, type SlotRow } from "../slot-rows.ts";
import { accuse } from "./evidence.ts";
import { fetchRange, type Holder, Pace, PROMPT_BYTES_PER_SECOND } from "./fetch-range.ts";
import { retiredHolders } from "./retired-holders.ts";
import { ShardRoots } from "./shard-roots.ts";

/** What one rebuild holds in memory for its inputs, windows ahead included. */
const WINDOW_BYTES = 33_554_432;

export interface RebuildRequest {
  row: PackageRow;
  piece: PieceRow;
  slots: readonly SlotRow[];
  shard: number;
  capability: Signed<"ReadCapability">;
  /** Providers that are not asked. */
  except: ReadonlySet<Address>;
  signal: AbortSignal;
  /** Asked between windows, when nothing is held in memory: resolves at once, or when others that waited have had their turn. */
  giveWay?: () => Promise<void>;
  /** Whether it has been at work for so long that it is to give way: nothing is fetched ahead then. */
  isDue?: () => boolean;
  /** Masked bytes of the shard, in order. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
}

type Source = Holder & { commitment: Hex };

/** Whom a try reads from, and whether each is left for another unless it is prompt. */
interface Choice {
  sources: Source[];
  promptly: boolean;
}

interface Failure {
  provider: Address;
  reason: string;
  slow: boolean;
}

/**
 * Make one shard anew from k others, or copy it from its own holder where that one may be asked. Every input is held against its
 * commitment, and so is the output; a provider of wrong bytes is named and another taken, and the writing begins again at offset 0.
 * One that is slow is asked again only where the others do not suffice.
 * @throws CairnError `too-few-shards`, `document-at-fault` (all inputs are right and the output is not: nobody is to blame but the
 * commitments)
 */
export async function rebuildShard(context: Context, request: RebuildRequest): Promise<void> {
  const excluded = new Set(request.except);
  const slow = new Set<Address>();
  const failures: string[] = [];
  for (;;) {
    const choice = await chooseSources(context, request, excluded, slow, failures);
    const failed = await attempt(context, request, choice);
    if (failed.length === 0) return;
    for (const { provider, reason, ...failure } of failed) {
      (choice.promptly && failure.slow ? slow : excluded).add(provider);
      failures.push(`${provider.slice(0, 10)}: ${reason}`);
    }
  }
}

async function chooseSources(
  context: Context,
  { row, piece, slots, shard }: RebuildRequest,
  excluded: ReadonlySet<Address>,
  slow: ReadonlySet<Address>,
  failures: readonly string[],
): Promise<Choice> {
  const live = slots.filter((slot) => isLive(slot.state));
  const held = live
    .filter((slot) => !excluded.has(slot.state.provider!))
    .map(
      (slot): Source => ({
        shard: slot.shard,
        provider: slot.state.provider!,
        deal: slot.state.deal!,
        commitment: slot.commitment,
      }),
    );
  const covered = new Set(live.map((slot) => slot.shard));
  const retired = (await retiredHolders(context, row, piece.number, covered))
    .filter((holder) => !excluded.has(holder.provider))
    .map(
      (holder): Source => ({ ...holder, commitment: slots.find((slot) => slot.shard === holder.shard)!.commitment }),
    );
  const usable = [...held, ...retired];
  await context.transport.seek(usable.map((source) => source.provider));
  const reachable = usable.filter((source) => context.transport.reachable(source.provider));
  const isSlow = (source: Source) => slow.has(source.provider);
  const own = reachable.find((source) => source.shard === shard);
  const others = reachable.filter((source) => source !== own).sort((a, b) => Number(isSlow(a)) - Number(isSlow(b)));
  if (own && (!isSlow(own) || others.length < row.k)) return { sources: [own], promptly: others.length >= row.k };
  if (others.length >= row.k) {
    const sources = others.slice(0, row.k);
    return { sources, promptly: others.length > row.k && !sources.some(isSlow) };
  }
  const why = failures.length === 0 ? "" : ` (${failures.slice(0, 5).join("; ")})`;
  throw new CairnError(
    `${row.k} shards are needed to rebuild shard ${shard}, and ${reachable.length} can be read${why}`,
    {
      code: "too-few-shards",
      kind: "unavailable",
      next: "Bring the providers that hold the others back; it will be tried again by itself.",
      details: { needed: row.k, readable: reachable.length },
    },
  );
}

/** One try with given sources; who is to be left out of the next, or nobody when it succeeded. */
async function attempt(context: Context, request: RebuildRequest, { sources, promptly }: Choice): Promise<Failure[]> {
  const { row, piece, shard } = request;
  const length = shardLength(piece.length, row.k);
  const copy = sources.length === 1 && sources[0]!.shard === shard;
  const rebuild = copy
    ? undefined
    : createRebuilder(
        row.k,
        row.n,
        sources.map((source) => source.shard),
        [shard],
      );
  const maskOf = (of: number): Mask =>
    createMask({ repairKey: row.repairKey, package: row.id, piece: piece.number, shard: of, mask: row.mask });
  const unmask = sources.map((source) => maskOf(source.shard));
  const mask = maskOf(shard);
  const inputRoots = sources.map(() => new ShardRoots(length));
  const outputRoots = new ShardRoots(length);
  // Sources that may be slow are asked for little at a time, so that others get their turn.
  const most = promptly ? 8 : 1;
  const windowUnits = Math.max(1, Math.min(most, Math.floor(WINDOW_BYTES / (2 * sources.length * UNIT_BYTES))));
  const step = windowUnits * UNIT_BYTES;
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, ending.signal]);
  const paces = sources.map(() => new Pace(promptly ? PROMPT_BYTES_PER_SECOND : undefined));
  const fetchWindow = (at: number) =>
    Promise.allSettled(
      sources.map((source, i) =>
        fetchRange(context, source, request.capability, at, Math.min(step, length - at), signal, { pace: paces[i]! }),
      ),
    );
  try {
    let ahead: ReturnType<typeof fetchWindow> | undefined;
    for (let at = 0; at < length; at += step) {
      if (ahead === undefined) {
        await request.giveWay?.();
        ahead = fetchWindow(at);
      }
      const settled = await ahead;
      ahead = undefined;
      request.signal.throwIfAborted();
      const failed = settled.flatMap((one, i) =>
        one.status === "rejected" ? [failureOf(sources[i]!, one.reason)] : [],
      );
      for (const [i, one] of settled.entries()) {
        if (one.status !== "rejected" || !isTooLong(one.reason)) continue;
        await accuse(context, row.id, piece.number, sources[i]!, reasonOf(one.reason));
      }
      if (failed.length > 0) return failed;
      if (at + step < length && request.isDue?.() !== true) ahead = fetchWindow(at + step);
      const inputs = settled.map((one) => (one as PromiseFulfilledResult<Buffer>).value);
      for (const [i, input] of inputs.entries()) inputRoots[i]!.add(input, at);
      let output: Uint8Array = inputs[0]!;
      if (rebuild) {
        const plain = inputs.map((input, i) => unmask[i]!(input));
        const made = Buffer.allocUnsafe(plain[0]!.length);
        rebuild(plain, [made]);
        output = mask(made);
      }
      outputRoots.add(output, at);
      await request.write(output, at);
    }
  } finally {
    ending.abort(new CairnError("the read is over", { code: "read-over", kind: "internal" }));
  }
  const wrong = sources.filter((source, i) => inputRoots[i]!.commitment() !== source.commitment);
  for (const source of wrong) {
    await accuse(context, row.id, piece.number, source, "the whole shard does not match its commitment");
  }
  if (wrong.length > 0) return wrong.map(({ provider }) => ({ provider, reason: "wrong bytes", slow: false }));
  const expected = request.slots.find((slot) => slot.shard === shard)!.commitment;
  if (outputRoots.commitment() === expected) return [];
  throw new CairnError(
    `shard ${shard} of piece ${piece.number} cannot be what its owner signed: all its sources are right and it differs`,
    {
      code: "document-at-fault",
      kind: "corrupt",
      next: "Put the folder again: the signed commitments of this package do not fit each other, or its repair key is wrong.",
      details: { piece: piece.number, shard },
    },
  );
}

function failureOf({ provider }: Source, error: unknown): Failure {
  return { provider, reason: reasonOf(error), slow: error instanceof CairnError && error.code === "provider-timeout" };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
