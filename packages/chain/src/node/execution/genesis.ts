import { type Block, createBlock } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { createAccount, createAddressFromString, KECCAK256_RLP } from "@ethereumjs/util";
import { reachableNodes } from "../store/reachable-nodes.ts";
import type { NodeBuffer } from "../store/trie-database.ts";
import type { BlockRows } from "../store/write-block.ts";
import type { AccountRecord, ChainRules } from "../types.ts";
import { FIXED_HEADER, genesisExtraData, type TrackedState } from "./chain-state.ts";

/** Block 0, a function of the rules alone: every node makes the same. */
export async function makeGenesis(
  rules: ChainRules,
  common: Common,
  state: TrackedState,
  nodes: NodeBuffer,
): Promise<{ block: Block; rows: BlockRows }> {
  const accounts: AccountRecord[] = [];
  await state.checkpoint();
  for (const [text, balance] of Object.entries(rules.alloc)) {
    const address = createAddressFromString(text);
    const account = createAccount({ balance });
    await state.putAccount(address, account);
    accounts.push({ address: address.bytes, nonce: 0n, balance, codeHash: account.codeHash });
  }
  await state.commit();
  const stateRoot = await state.getStateRoot();
  const block = createBlock(
    {
      header: {
        ...FIXED_HEADER,
        number: 0n,
        timestamp: BigInt(rules.genesisTime),
        gasLimit: rules.blockGas,
        baseFeePerGas: rules.baseFee,
        stateRoot,
        withdrawalsRoot: KECCAK256_RLP,
        extraData: genesisExtraData(rules),
      },
      withdrawals: [],
    },
    { common, setHardfork: false },
  );
  const rows: BlockRows = {
    block: {
      number: 0,
      hash: block.hash(),
      raw: block.serialize(),
      seal: { signature: new Uint8Array(0), reveal: new Uint8Array(0) },
    },
    timestamp: rules.genesisTime,
    validator: new Uint8Array(20),
    gasUsed: 0n,
    stateRoot,
    transactions: [],
    logs: [],
    accounts,
    nodes: reachableNodes(stateRoot, (key) => nodes.pending(key)),
  };
  return { block, rows };
}
