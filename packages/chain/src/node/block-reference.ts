import { type Address, CairnError } from "@cairn/protocol";
import { type Block, createBlockFromRLP } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { bytesToHex } from "@ethereumjs/util";
import type { BlockReference } from "./consensus/step.ts";

/** What the consensus knows of a block. */
export function referenceOf(block: Block): BlockReference {
  const { header } = block;
  return {
    number: Number(header.number),
    hash: bytesToHex(block.hash()),
    parent: bytesToHex(header.parentHash),
    timestamp: Number(header.timestamp),
    proposer: header.coinbase.toString() as Address,
    transactions: block.transactions.length,
    gasUsed: header.gasUsed,
  };
}

/** A block of this chain, from its bytes. @throws chain-block-malformed */
export function decodeBlock(raw: Uint8Array, common: Common): Block {
  try {
    return createBlockFromRLP(raw, { common, setHardfork: false });
  } catch (cause) {
    throw new CairnError("the bytes are not a block of this chain", {
      code: "chain-block-malformed",
      kind: "corrupt",
      cause,
    });
  }
}
