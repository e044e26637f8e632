import type { Seconds } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { bigIntMax } from "@ethereumjs/util";
import { type BlockContext, shellBlock } from "./chain-state.ts";

/** The block itself, as calls that are asked about it see it. */
export function contextOf({ header }: Block): BlockContext {
  return {
    parentHash: header.parentHash,
    number: header.number,
    timestamp: header.timestamp,
    coinbase: header.coinbase.bytes,
    mixHash: header.mixHash,
    gasLimit: header.gasLimit,
    baseFeePerGas: header.baseFeePerGas ?? 0n,
  };
}

/** The block that would follow `head` at `time`, or at the head's own time if that is later; its randomness is not drawn yet. */
export function pendingContext(head: Block, time: Seconds): BlockContext {
  return {
    ...contextOf(head),
    parentHash: head.hash(),
    number: head.header.number + 1n,
    timestamp: bigIntMax(BigInt(time), head.header.timestamp),
  };
}

/** The same as an empty block. */
export function pendingBlock(head: Block, time: Seconds, common: Common): Block {
  return shellBlock(pendingContext(head, time), common);
}
