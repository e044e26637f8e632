import { readFile } from "node:fs/promises";
import type { DealRecord } from "@cairn/core";
import { backOff, pause } from "@cairn/process";
import { type PieceTreeDigest, ShardTree } from "@cairn/proofs";
import { asCairnError, CairnError, dealIdOf, type Hex, signTyped } from "@cairn/protocol";
import type { WireRequest } from "@cairn/protocol/wire";
import type { ProviderContext, RequestHandlers } from "../context.ts";
import { type DealEntry, factsOf } from "../deals/deal-book.ts";
import { writeDurably } from "../files/durable.ts";
import type { GatewayClient } from "../gateways/gateway-client.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import type { IncomingShard } from "../shards/shard-store.ts";
import { checkUploadCapability, requireGateway } from "./authorise.ts";
import { checkDocument } from "./check-document.ts";
import { forgetPulled, pullDocument, pullShard } from "./pull-shard.ts";
import { requireSpace } from "./require-space.ts";

type StoreRequest = Extract<WireRequest, { type: "store" }>;

/** A gateway may see a block before this machine does. */
const CHAIN_LAG_SECONDS = 20;
/** A source that stays away for so long makes the request fail; what was pulled is kept. */
const SOURCE_PATIENCE_SECONDS = 120;

function notReserved(message: string): CairnError {
  return new CairnError(message, {
    code: "not-reserved",
    kind: "conflict",
    next: "Propose the deal on chain with this provider's quote first.",
  });
}

/** The deal as the chain has it: live and with this provider. @throws CairnError `not-reserved` */
async function requireLiveDeal(context: ProviderContext, request: StoreRequest): Promise<DealRecord> {
  const ledger = context.chain();
  if (request.quote.provider !== context.identity.provider) throw notReserved("the quote is another provider's");
  if (dealIdOf(request.quote, ledger.deployment) !== request.deal) throw notReserved("the quote is not this deal's");
  let record = await ledger.deal(request.deal);
  const unseen = () => record === undefined || record.state === "NONE";
  for (let waited = 0; unseen() && waited < CHAIN_LAG_SECONDS && !context.signal.aborted; waited++) {
    await pause(1, context.signal);
    record = await ledger.deal(request.deal);
  }
  if (record === undefined) throw notReserved("the chain does not know this deal");
  if (record.state === "PROPOSED" || record.state === "ACTIVE") return record;
  throw notReserved(`the deal is ${record.state}`);
}

function receiptOf(context: ProviderContext, held: HeldShard): Hex {
  const message = { deal: held.deal, commitment: held.commitment, rawLength: BigInt(held.rawLength) };
  return signTyped("Receipt", message, context.deployment(), context.identity.hotKey);
}

/**
 * Pull a deal's document, manifest and shard, and sign the receipt once all of it is on the disk and the shard's CommP is the commitment. Repeats join the pull
 * that is under way, or get the receipt again.
 */
export function answerStore(context: ProviderContext): RequestHandlers["store"] {
  return async (request, asker) => {
    const gateway = requireGateway(asker);
    const record = await requireLiveDeal(context, request);
    await checkUploadCapability(context, request.capability, request.deal, request.quote);
    const held = context.shards.held(request.deal);
    if (held !== undefined) return { receipt: receiptOf(context, held) };

    const running = context.pulls.get(request.deal);
    if (running !== undefined) return { receipt: await running.receipt };
    const stop = new AbortController();
    const receipt = pull(context, gateway, request, record, AbortSignal.any([stop.signal, context.signal]));
    context.pulls.set(request.deal, { receipt, stop, papers: 0n });
    try {
      return { receipt: await receipt };
    } finally {
      context.pulls.delete(request.deal);
    }
  };
}

/** A deal whose files were lost is taken up again: the chain has its quote. */
async function entryOf(context: ProviderContext, request: StoreRequest, record: DealRecord): Promise<DealEntry> {
  const facts = factsOf(record);
  const known = context.book.get(request.deal);
  if (known !== undefined) {
    known.facts ??= facts;
    return known;
  }
  const { deal, quote } = request;
  const signature = signTyped("Quote", quote, context.deployment(), context.identity.hotKey);
  const entry: DealEntry = { deal, quote, signature, quotedAt: context.now(), facts };
  await context.book.add(entry);
  return entry;
}

async function pull(
  context: ProviderContext,
  gateway: GatewayClient,
  request: StoreRequest,
  record: DealRecord,
  signal: AbortSignal,
): Promise<Hex> {
  const { deal, quote, source, capability } = request;
  await entryOf(context, request, record);
  const papers = request.documentSize + request.manifest.size;
  await requireSpace(context, papers);
  const pulling = context.pulls.get(deal);
  if (pulling !== undefined) pulling.papers = BigInt(papers);
  const incoming = await context.shards.incoming(deal);
  const open = (path: string, from?: number) =>
    gateway.openSource(path, capability, { signal, ...(from === undefined ? {} : { from }) });
  const patient = <T>(step: () => Promise<T>) => withPatience(step, signal);

  await patient(() =>
    pullDocument(incoming.document, { size: request.documentSize, sha256: quote.documentHash }, () =>
      open(`${source}/document`),
    ),
  );
  const { manifest } = checkDocument(await readFile(incoming.document), quote);
  if (manifest.sha256 !== request.manifest.sha256 || manifest.size !== request.manifest.size) {
    throw wrongCommitment("the manifest announced is not the document's");
  }
  await patient(() => pullDocument(incoming.manifest, request.manifest, () => open(`${source}/manifest`)));

  const rawLength = Number(quote.rawLength);
  const pullOnce = () => pullShard(incoming, rawLength, (from) => open(source, from));
  let digest = await patient(pullOnce);
  if (!matches(digest, quote.commitment)) {
    // A part from an earlier attempt may have rotted here; only a pull from the beginning convicts the source.
    await forgetPulled(incoming);
    digest = await patient(pullOnce);
  }
  if (!matches(digest, quote.commitment)) {
    await context.shards.abandon(deal);
    throw wrongCommitment("the bytes that the source sends do not hash to the commitment");
  }
  signal.throwIfAborted();
  const held = await commit(context, incoming, digest, request);
  context.damage.delete(deal);
  context.trees.forget(deal);
  context.log.info({ deal, bytes: rawLength, gateway: gateway.url.origin }, "stored");
  return receiptOf(context, held);
}

async function commit(
  context: ProviderContext,
  incoming: IncomingShard,
  digest: PieceTreeDigest,
  { deal, quote, manifest, documentSize }: StoreRequest,
): Promise<HeldShard> {
  await writeDurably(incoming.tree, digest.tree.serialise());
  // What is read back is what will be proved from.
  ShardTree.parse(await readFile(incoming.tree));
  return context.shards.commit({
    deal,
    quote,
    commitment: quote.commitment,
    rawLength: Number(quote.rawLength),
    document: { size: documentSize },
    manifest,
  });
}

function matches(digest: PieceTreeDigest, commitment: Hex): boolean {
  return `0x${Buffer.from(digest.root).toString("hex")}` === commitment;
}

function wrongCommitment(message: string): CairnError {
  return new CairnError(message, { code: "wrong-commitment", kind: "corrupt" });
}

/** Try again while the source cannot be reached, for as long as it makes some headway every two minutes. */
async function withPatience<T>(step: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const retry = backOff(0.5, 15);
  let since = performance.now();
  for (;;) {
    const began = performance.now();
    try {
      return await step();
    } catch (error) {
      const failure = asCairnError(error);
      if (signal.aborted)
        throw new CairnError("the provider stopped pulling", { code: "unreachable", kind: "unavailable" });
      if (failure.kind !== "unavailable") throw failure;
      // A pull that ran for long has moved bytes.
      if (performance.now() - began > 10_000) {
        since = performance.now();
        retry.reset();
      }
      if (performance.now() - since > SOURCE_PATIENCE_SECONDS * 1000) {
        throw new CairnError(`the source cannot be reached: ${failure.message}`, {
          code: "unreachable",
          kind: "unavailable",
          cause: error,
        });
      }
    }
    await retry.wait(signal);
  }
}
