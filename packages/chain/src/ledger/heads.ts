import type { FinalizedHead, Head } from "@cairn/core";
import { CairnError, type Hex, type Seconds } from "@cairn/protocol";
import { type Rpc, RpcError } from "./rpc.ts";

/** How to tell what no reorganisation can take back: the node's own word, or a depth below its head where it has none. */
export type Finality = { kind: "tag" } | { kind: "depth"; blocks: number };

interface RawBlock {
  number: Hex;
  hash: Hex;
  timestamp: Hex;
  baseFeePerGas?: Hex;
  gasLimit: Hex;
}

export interface Block extends Head {
  baseFee: bigint;
  gasLimit: bigint;
}

/** Block times never change once finalized; 4,096 of them are kept. */
const CACHED_TIMES = 4096;

export interface Heads {
  latest(): Promise<Block>;
  finalized(): Promise<FinalizedHead>;
  /** The time that the next block would have; the newest block's where the node does not say. */
  present(): Promise<Seconds>;
  /** The block at a height, or undefined: it is not made yet, or a null round left it out. */
  block(number: number): Promise<Block | undefined>;
  /** UNIX seconds of each of the blocks, all of which must exist and be finalized. */
  times(numbers: readonly number[]): Promise<Map<number, Seconds>>;
}

export const toQuantity = (value: number | bigint): Hex => `0x${value.toString(16)}`;

function parsed(raw: RawBlock): Block {
  return {
    number: Number(raw.number),
    hash: raw.hash,
    timestamp: Number(raw.timestamp),
    baseFee: BigInt(raw.baseFeePerGas ?? 0),
    gasLimit: BigInt(raw.gasLimit),
  };
}

function noBlock(which: string): CairnError {
  return new CairnError(`the chain has no block ${which}`, { code: "no-block", kind: "missing", details: { which } });
}

/** Nodes that know no finality refuse the tag, each in its own way. */
function explainNoTag(error: unknown): never {
  if (!(error instanceof RpcError)) throw error;
  throw new CairnError(`the chain's node does not say which blocks are final: ${error.message}`, {
    code: "no-finality",
    kind: "unavailable",
    next: "Use a node that knows the tag `finalized`, or set CAIRN_CHAIN_FINALITY to how many blocks below the head count as final.",
  });
}

export function openHeads(rpc: Rpc, finality: Finality = { kind: "tag" }): Heads {
  const times = new Map<number, Seconds>();

  async function fetch(which: Hex | "latest" | "finalized" | "pending"): Promise<Block | undefined> {
    const raw = await rpc.request<RawBlock | null>("eth_getBlockByNumber", [which, false]);
    return raw === null ? undefined : parsed(raw);
  }

  /** Filecoin nodes answer a null round with an error, others with null. */
  async function at(number: number): Promise<Block | undefined> {
    try {
      return await fetch(toQuantity(number));
    } catch (error) {
      if (error instanceof RpcError && /null round|not found|unknown block/i.test(error.message)) return undefined;
      throw error;
    }
  }

  async function latest(): Promise<Block> {
    const block = await fetch("latest");
    if (block === undefined) throw noBlock("latest");
    return block;
  }

  return {
    latest,
    block: at,
    async finalized() {
      let block: Block | undefined;
      if (finality.kind === "tag") block = await fetch("finalized").catch(explainNoTag);
      else {
        const head = await latest();
        for (let number = Math.max(0, head.number - finality.blocks); block === undefined && number >= 0; number--) {
          block = await at(number);
        }
      }
      if (block === undefined) throw noBlock("finalized");
      return { number: block.number, hash: block.hash, timestamp: block.timestamp, finalized: true };
    },
    async present() {
      const [block, pending] = await Promise.all([
        latest(),
        fetch("pending").catch((error: unknown) => {
          if (error instanceof RpcError) return undefined;
          throw error;
        }),
      ]);
      return Math.max(block.timestamp, pending?.timestamp ?? 0);
    },
    async times(numbers) {
      const missing = [...new Set(numbers)].filter((number) => !times.has(number));
      const blocks = await Promise.all(missing.map(at));
      if (times.size > CACHED_TIMES) times.clear();
      missing.forEach((number, index) => {
        const block = blocks[index];
        if (block === undefined) throw noBlock(String(number));
        times.set(number, block.timestamp);
      });
      return new Map(numbers.map((number) => [number, times.get(number) as Seconds]));
    },
  };
}
