import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "@cairn/process";
import { asCairnError, type DealId } from "@cairn/protocol";
import { makeDirectory, removeDirectory, sweepDrafts, writeDurably } from "../files/durable.ts";
import { readKept } from "../files/read-kept.ts";
import type { Log } from "../log.ts";
import { type HeldShard, heldFromJson, heldToJson } from "./held-shard.ts";

const DEAL = /^0x[0-9a-f]{64}$/;

/** Where the parts of a shard stand while it is pulled; one rename makes it held. */
export interface IncomingShard {
  directory: string;
  shard: string;
  tree: string;
  document: string;
  manifest: string;
  /** How much of `shard` is known to be on the disk. */
  progress: string;
}

/** The shards on this disk: a directory under `shards` is whole, one under `incoming` is not yet. */
export interface ShardStore {
  held(deal: DealId): HeldShard | undefined;
  all(): HeldShard[];
  readonly size: number;
  /** Σ rawLength of held shards. */
  readonly bytes: bigint;
  /** Σ of their documents and manifests: each deal has copies of its own. */
  readonly paperBytes: bigint;
  /** A place to pull a shard to; what an earlier attempt left there is kept. */
  incoming(deal: DealId): Promise<IncomingShard>;
  /** Make an incoming shard held: its files are already synced. */
  commit(held: Omit<HeldShard, "directory">): Promise<HeldShard>;
  /** Remove a held shard and whatever of it is incoming; nothing when there is none. */
  drop(deal: DealId): Promise<void>;
  /** Remove what is incoming only. */
  abandon(deal: DealId): Promise<void>;
  /** Deals with something incoming. */
  pulling(): Promise<DealId[]>;
}

async function dealsIn(directory: string): Promise<DealId[]> {
  return (await readdir(directory)).filter((name): name is DealId => DEAL.test(name));
}

const papersOf = ({ document, manifest }: HeldShard) => BigInt(document.size + manifest.size);

/**
 * Open the store under `root`, drop what cannot be a shard (a kill may leave directories without meta.json only in `trash` or `incoming`;
 * anything else was put there by other hands), and empty the trash. Only a meta.json that is missing, or was read whole and is wrong, drops a shard.
 * @throws CairnError `file-unreadable` when a meta.json is there and cannot be read; no shard is dropped then
 */
export async function openShardStore(root: string, log: Log): Promise<ShardStore> {
  const shards = join(root, "shards");
  const arriving = join(root, "incoming");
  const trash = join(root, "trash");
  for (const directory of [shards, arriving, trash]) await makeDirectory(directory);
  for (const name of await readdir(trash)) await rm(join(trash, name), { recursive: true, force: true });

  const byDeal = new Map<DealId, HeldShard>();
  let bytes = 0n;
  let paperBytes = 0n;
  const forget = (deal: DealId) => {
    const held = byDeal.get(deal);
    if (held === undefined) return;
    bytes -= BigInt(held.rawLength);
    paperBytes -= papersOf(held);
    byDeal.delete(deal);
  };
  const remember = (held: HeldShard) => {
    forget(held.deal);
    byDeal.set(held.deal, held);
    bytes += BigInt(held.rawLength);
    paperBytes += papersOf(held);
  };
  const wrong: DealId[] = [];
  for (const deal of await dealsIn(shards)) {
    const held = await heldAt(join(shards, deal), join(shards, deal), log);
    if (held === undefined) wrong.push(deal);
    else remember(held);
  }
  for (const deal of wrong) {
    log.warn({ deal }, "a shard without a valid meta.json is dropped");
    await removeDirectory(join(shards, deal), trash);
  }

  for (const deal of await dealsIn(arriving)) {
    // meta.json is written last: with it a kill came between the removal of an older copy and the rename.
    const from = join(arriving, deal);
    const directory = join(shards, deal);
    const held = await heldAt(from, directory, log);
    if (held === undefined) continue;
    await removeDirectory(directory, trash);
    await rename(from, directory);
    await syncDirectory(shards);
    remember(held);
  }

  const abandon = (deal: DealId) => removeDirectory(join(arriving, deal), trash);
  return {
    held: (deal) => byDeal.get(deal),
    all: () => [...byDeal.values()],
    get size() {
      return byDeal.size;
    },
    get bytes() {
      return bytes;
    },
    get paperBytes() {
      return paperBytes;
    },
    async incoming(deal) {
      const directory = join(arriving, deal);
      await makeDirectory(directory);
      await sweepDrafts(directory);
      const at = (name: string) => join(directory, name);
      return {
        directory,
        shard: at("shard"),
        tree: at("tree"),
        document: at("document"),
        manifest: at("manifest"),
        progress: at("progress.json"),
      };
    },
    async commit(fresh) {
      const from = join(arriving, fresh.deal);
      const directory = join(shards, fresh.deal);
      const held = { ...fresh, directory };
      await writeDurably(join(from, "meta.json"), heldToJson(held));
      await rm(join(from, "progress.json"), { force: true });
      // A copy of the same deal that is still here is older: `store` runs again only after a discard.
      await removeDirectory(directory, trash);
      await syncDirectory(from);
      await rename(from, directory);
      await syncDirectory(shards);
      await syncDirectory(arriving);
      remember(held);
      return held;
    },
    async drop(deal) {
      forget(deal);
      await removeDirectory(join(shards, deal), trash);
      await abandon(deal);
    },
    abandon,
    pulling: () => dealsIn(arriving),
  };
}

/** What the meta.json in `from` says of a shard that is to stand in `directory`; undefined when it is missing or wrong. */
async function heldAt(from: string, directory: string, log: Log): Promise<HeldShard | undefined> {
  const path = join(from, "meta.json");
  const text = await readKept(path);
  if (text === undefined) return undefined;
  try {
    return heldFromJson(text, directory);
  } catch (error) {
    log.warn({ path, reason: asCairnError(error).message }, "this meta.json is wrong");
    return undefined;
  }
}
