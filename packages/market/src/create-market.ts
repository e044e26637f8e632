import { Semaphore } from "@cairn/core";
import { appendPiece } from "./append-piece.ts";
import { commitPackage } from "./commit-package.ts";
import { completePackage } from "./complete-package.ts";
import { type Context, executorOf } from "./context.ts";
import { EarlyWork } from "./early-work.ts";
import { Engine } from "./engine.ts";
import { HandOverPlaces } from "./hand-over-places.ts";
import { HandedBytes } from "./handed-bytes.ts";
import { keepUpload } from "./keep-upload.ts";
import { KernelPool } from "./kernels/pool.ts";
import { openPackage } from "./open-package.ts";
import { loadDocument, requirePackage } from "./package-rows.ts";
import { packageSafety } from "./package-safety.ts";
import { listPackages, listProviders, packageStatus } from "./package-status.ts";
import { previewPlacement } from "./preview-placement.ts";
import { putManifest, readManifest } from "./put-manifest.ts";
import { quotePackage } from "./quote-package.ts";
import { locateBlocks, readBlocks } from "./read/read-blocks.ts";
import { readPiece } from "./read/read-piece.ts";
import { readPublicBlocks } from "./read/read-public.ts";
import { readShard } from "./read/read-shard.ts";
import { Weighing } from "./read/weigh-difference.ts";
import { listRecoverable, recoverPackages, setRepairKey } from "./recover-packages.ts";
import { abandonPackage, removePackage } from "./remove-package.ts";
import { renamePackage } from "./rename-package.ts";
import { resumePackage } from "./resume-package.ts";
import { shardDocument, shardManifest, shardSource } from "./shard-source.ts";
import { Spool } from "./spool.ts";
import { spooledBytes } from "./spooled-bytes.ts";
import type { Market, MarketDeps } from "./types.ts";

const STORES = 8;
const REBUILDS = 2;

/** The market over its ports; nothing runs before `start`. The catalog's tables must be migrated. */
export function createMarket(deps: MarketDeps): Market {
  const stopping = new AbortController();
  const kernels = new KernelPool(deps.workers);
  const context: Context = {
    ...deps,
    executor: executorOf(deps),
    spool: new Spool(deps.spoolDirectory),
    kernels,
    early: new EarlyWork(),
    writing: new Set(),
    chains: new Semaphore(1),
    stores: new HandOverPlaces(STORES),
    rebuilds: new Semaphore(REBUILDS),
    weighing: new Weighing(),
    startedAt: deps.clock.monotonic(),
    stopping: stopping.signal,
    committing: new Map(),
    handed: new HandedBytes(),
    interrupts: new Map(),
    wake: (id) => engine.wake(id),
  };
  const engine = new Engine(context, stopping);
  return {
    start: () => engine.start(),
    async stop() {
      await engine.stop();
      await kernels.close();
    },
    openPackage: (request) => openPackage(context, request),
    appendPiece: (request) => appendPiece(context, request),
    keepUpload: (request) => keepUpload(context, request),
    putManifest: (request) => putManifest(context, request),
    completePackage: (request) => completePackage(context, request),
    quotePackage: (request) => quotePackage(context, request),
    commitPackage: (request) => commitPackage(context, request),
    abandonPackage: (request) => abandonPackage(context, request),
    removePackage: (request) => removePackage(context, request),
    renamePackage: (request) => renamePackage(context, request),
    resumePackage: (request) => resumePackage(context, request),
    requirePackage: (request) => requirePackage(context.pool, request),
    packageStatus: (request) => packageStatus(context, request),
    packageSafety: (request) => packageSafety(context, request),
    listPackages: (request) => listPackages(context, request),
    spooledBytes: (ids) => spooledBytes(context, ids),
    listProviders: (provider) => listProviders(context, provider),
    previewPlacement: (request) => previewPlacement(context, request),
    readDocument: ({ id }) => loadDocument(context.pool, id),
    readManifest: (request) => readManifest(context, request),
    readPiece: (request) => readPiece(context, request),
    readBlocks: (request) => readBlocks(context, request),
    readPublicBlocks: (request) => readPublicBlocks(context, request),
    locateBlocks: (request) => locateBlocks(context, request),
    readShard: (request) => readShard(context, request),
    shardSource: (request) => shardSource(context, request),
    shardDocument: (request) => shardDocument(context, request),
    shardManifest: (request) => shardManifest(context, request),
    listRecoverable: (request) => listRecoverable(context, request),
    recoverPackages: (request) => recoverPackages(context, request),
    setRepairKey: (request) => setRepairKey(context, request),
  };
}
