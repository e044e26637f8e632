import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Deployment } from "@cairn/core";
import { type HeldLock, holdLock } from "@cairn/process";
import { type Address, asCairnError, CairnError } from "@cairn/protocol";
import pino from "pino";
import { answerPeriod } from "./answers/answer-period.ts";
import { proveShard, scrubShard } from "./answers/prove-shard.ts";
import { reportDamage } from "./answers/report-damage.ts";
import { followChain } from "./chain/follow-chain.ts";
import { openLedgerOverHttp } from "./chain/open-ledger-over-http.ts";
import type { ProviderContext, ProviderParts } from "./context.ts";
import { openDealBook } from "./deals/deal-book.ts";
import { type DirectListener, listenDirectly } from "./direct/direct-listener.ts";
import { makeDirectory, sweepDrafts, writeDurably } from "./files/durable.ts";
import { keepGateway } from "./gateways/control-link.ts";
import { type GatewayClient, openGatewayClient } from "./gateways/gateway-client.ts";
import { openIdentity } from "./identity.ts";
import { rememberedChain } from "./inspect-provider.ts";
import { type OpenedLedger, type ProviderOptions, settingsOf } from "./options.ts";
import { answerDiscard } from "./requests/answer-discard.ts";
import { answerManifest } from "./requests/answer-manifest.ts";
import { answerProve } from "./requests/answer-prove.ts";
import { answerQuote } from "./requests/answer-quote.ts";
import { answerRead, openReadGate } from "./requests/answer-read.ts";
import { answerScrub } from "./requests/answer-scrub.ts";
import { answerStore } from "./requests/answer-store.ts";
import { keepScrubbing } from "./scrub/keep-scrubbing.ts";
import { readPart } from "./shards/read-shard.ts";
import { openShardStore } from "./shards/shard-store.ts";
import { openShardTrees } from "./shards/shard-trees.ts";

export interface RunningProvider {
  /** The cold key's address: the provider's name. */
  provider: Address;
  hot: Address;
  /** Where direct HTTP listens; "" without it. */
  endpoint: string;
  /** Resolves when a gateway has taken the first hello. */
  online: Promise<void>;
  status(): ProviderStatus;
  /** Ends connections and loops in order; pulls go on where they left off at the next start. */
  stop(): Promise<void>;
}

export interface ProviderStatus {
  provider: Address;
  capacity: bigint;
  /** Reserved or held. */
  reserved: bigint;
  held: bigint;
  /** Documents and manifests that are held beside the shards. */
  papers: bigint;
  deals: number;
  shards: number;
  damaged: number;
  gateways: { url: string; connected: boolean }[];
}

const STOP_SECONDS = 3;

interface KnownChain {
  chainUrl: string;
  deployment: Deployment;
}

function sameChain(a: Deployment, b: Deployment): boolean {
  return a.chainId === b.chainId && a.deals === b.deals && a.registry === b.registry && a.ledger === b.ledger;
}

function notYet(): CairnError {
  return new CairnError("the provider has not reached the chain yet", {
    code: "chain-unreachable",
    kind: "unavailable",
    next: "Try again in a moment.",
  });
}

/**
 * Run a storage provider until `stop`: open its directory, register, dial its gateways, and keep its deals.
 *
 * Resolves as soon as the directory is open; connections come about (and come back) by themselves.
 * @throws CairnError `bad-config`, `lock-held` when another process uses the directory, `wrong-passphrase`, `full`
 */
export async function runProvider(options: ProviderOptions): Promise<RunningProvider> {
  const settings = settingsOf(options);
  const { directory } = settings;
  await makeDirectory(directory);
  const lock = holdLock(join(directory, "lock"));
  try {
    return await start(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(options: ProviderOptions, lock: HeldLock): Promise<RunningProvider> {
  const settings = settingsOf(options);
  const { directory } = settings;
  const log = options.log ?? pino({ name: "provider" });
  await sweepDrafts(directory);
  const identity = await openIdentity(directory, options.passphrase);
  const book = await openDealBook(directory, log);
  const shards = await openShardStore(directory, log);
  const trees = openShardTrees();
  const leave = new AbortController();
  const networkFile = join(directory, "network.json");

  let opened: OpenedLedger | undefined;
  let opening: Promise<void> | undefined;
  const firstInfo = () => context.gateways.find(({ info }) => info !== undefined)?.info;
  const openLedger = options.openLedger ?? openLedgerOverHttp;

  const context: ProviderContext = {
    settings,
    identity,
    log,
    book,
    shards,
    trees,
    parts: undefined as never,
    gateways: settings.gateways.map(openGatewayClient),
    endpoint: "",
    damage: new Map(),
    refusals: new Map(),
    pulls: new Map(),
    signal: leave.signal,
    head: undefined,
    chain() {
      if (opened === undefined) throw notYet();
      return opened.ledger;
    },
    deployment: () => context.chain().deployment,
    blockSeconds: () => firstInfo()?.blockSeconds ?? 2,
    scrubSeconds: () => settings.scrubSeconds ?? firstInfo()?.scrubSeconds ?? 86_400,
    now: () => Math.floor(Date.now() / 1000),
    chainNow() {
      const { head } = context;
      if (head === undefined) return context.now();
      const longest = 2 * (firstInfo()?.heartbeatSeconds ?? 2);
      const from = head.present <= head.timestamp + longest ? head.present : head.timestamp;
      return from + Math.floor(Math.min((performance.now() - head.seenAt) / 1000, longest));
    },
  };
  const gate = openReadGate(context);
  const parts: ProviderParts = {
    handlers: {
      quote: answerQuote(context),
      store: answerStore(context),
      prove: answerProve(context),
      scrub: answerScrub(context),
      discard: answerDiscard(context),
      read: answerRead(context, gate),
      manifest: answerManifest(context),
    },
    proveShard: (held, challenge) => proveShard(context, held, challenge),
    readShard: (held, offset, length) => ({ length, bytes: readPart(held, "shard", offset, length) }),
    scrubShard: (held, pace) => scrubShard(context, held, pace),
    reportDamage: (held, ranges) => reportDamage(context, held, ranges),
    answerPeriod: (period, seed) => answerPeriod(context, period, seed),
    pushProofs: (gateway, proofs) => gateway.pushProofs(proofs, leave.signal),
  };
  context.parts = parts;
  options.alter?.(parts, context);

  const running = new Set<Promise<void>>();
  const keep = (work: Promise<void>) => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  const openChain = async (known: KnownChain) => {
    opening ??= openLedger({
      chainUrl: settings.chainUrl ?? known.chainUrl,
      deployment: known.deployment,
      key: identity.hotKey,
      directory,
    })
      .then((fresh) => {
        opened = fresh;
        keep(followChain(context));
      })
      .finally(() => {
        opening = undefined;
      });
    await opening;
  };

  /** Join the network of a gateway; all gateways of one provider must be of one chain. */
  const adopt = async (gateway: GatewayClient) => {
    const info = gateway.info;
    if (info === undefined) throw notYet();
    if (opened === undefined) await openChain(info);
    if (!sameChain(context.deployment(), info.deployment)) {
      throw new CairnError(`${gateway.url.origin} is on another chain than this provider's deals`, {
        code: "wrong-chain",
        kind: "conflict",
        next: "Run a provider with a directory of its own for that network.",
      });
    }
    const { deployment } = info;
    const chainUrl = settings.chainUrl ?? info.chainUrl;
    const network = `${JSON.stringify({ chainUrl, deployment }, null, 2)}\n`;
    // Only when it is news: a provider whose disk is full still comes back and proves.
    if (network !== lastNetwork) await writeDurably(networkFile, network);
    lastNetwork = network;
  };

  let listener: DirectListener | undefined;
  if (options.listen !== undefined) {
    listener = await listenDirectly(context, gate, options.listen);
    context.endpoint = options.listen.endpoint ?? listener.url;
  }
  const remembered = await rememberedChain(directory);
  let lastNetwork = remembered && `${JSON.stringify(remembered, null, 2)}\n`;
  if (remembered !== undefined) {
    keep(
      openChain(remembered).catch((error) => {
        log.warn({ code: asCairnError(error).code }, `the chain is not there yet: ${asCairnError(error).message}`);
      }),
    );
  }
  const online = Promise.withResolvers<void>();
  for (const gateway of context.gateways) keep(keepGateway(context, gateway, adopt, online.resolve));
  keep(keepScrubbing(context));
  log.info(
    { provider: identity.provider, shards: shards.size, directory },
    "opened its shards, connecting to its gateways",
  );

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    leave.abort();
    await listener?.close();
    // A transaction that waits for its block is on disk and is taken up at the next start.
    const ended = Promise.allSettled([...running, ...[...context.pulls.values()].map(({ receipt }) => receipt)]);
    await Promise.race([ended, delay(STOP_SECONDS * 1000, undefined, { ref: false })]);
    await opened?.close();
    lock.release();
    log.info({ provider: identity.provider }, "stopped");
  };
  return {
    provider: identity.provider,
    hot: identity.hot,
    endpoint: context.endpoint,
    online: online.promise,
    status: () => ({
      provider: identity.provider,
      capacity: settings.capacity,
      reserved: book.reservedBytes,
      held: shards.bytes,
      papers: shards.paperBytes,
      deals: book.size,
      shards: shards.size,
      damaged: context.damage.size,
      gateways: context.gateways.map(({ url, connected }) => ({ url: url.origin, connected })),
    }),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
