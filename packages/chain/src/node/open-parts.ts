import { CairnError } from "@cairn/protocol";
import { type Block, createBlockFromRLP } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import type { NodeOptions } from "./chain-node.ts";
import { makeCommon } from "./common.ts";
import { BlockBuilder } from "./execution/block-builder.ts";
import { openTrackedState, openVm } from "./execution/chain-state.ts";
import { makeGenesis } from "./execution/genesis.ts";
import { installJumpCache } from "./execution/jump-cache.ts";
import { StateViews } from "./execution/state-views.ts";
import { rulesToJson } from "./rules-to-json.ts";
import { ByteCache } from "./store/byte-cache.ts";
import type { ChainStore } from "./store/chain-store.ts";
import { NodeBuffer, NodeReader } from "./store/trie-database.ts";

/** What a node works with. */
export interface NodeParts {
  common: Common;
  builder: BlockBuilder;
  views: StateViews;
  /** Recent hashes by number, for BLOCKHASH; the node keeps them up to date. */
  hashes: Map<bigint, Uint8Array>;
  head: Block;
}

/** Open the chain's state at its last stored block, making block 0 if there is none. */
export async function openParts(options: NodeOptions, store: ChainStore): Promise<NodeParts> {
  const common = makeCommon(options.rules.chainId);
  await installJumpCache(common);
  const cache = new ByteCache(options.nodeCacheBytes);
  const nodes = new NodeBuffer(store, cache);
  const hashes = new Map<bigint, Uint8Array>();
  const blockHash = async (number: bigint): Promise<Uint8Array> => {
    const known = hashes.get(number) ?? (await store.hashOf(Number(number)));
    if (known === undefined)
      throw new CairnError(`block ${number} is not stored`, { code: "chain-block-missing", kind: "internal" });
    return known;
  };
  const state = await openTrackedState(common, nodes);
  const vm = await openVm(common, state, blockHash);
  const stored = await store.head();
  let head: Block;
  if (stored === undefined) {
    const genesis = await makeGenesis(options.rules, common, state, nodes);
    await store.append(genesis.rows, rulesToJson(options.rules));
    nodes.confirm(genesis.rows.nodes);
    head = genesis.block;
  } else {
    head = createBlockFromRLP(stored.raw, { common, setHardfork: false });
  }
  await state.setStateRoot(head.header.stateRoot);
  hashes.set(head.header.number, head.hash());
  const builder = new BlockBuilder(options.rules, common, vm, state, nodes);
  const views = new StateViews(common, new NodeReader(store, cache));
  return { common, builder, views, hashes, head };
}
