import { createBlock } from "@ethereumjs/block";
import { createTxFromRLP } from "@ethereumjs/tx";
import { createAccount, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import type { VM } from "@ethereumjs/vm";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCommon } from "../common.ts";
import { HALVING_SLOTS } from "../emission.ts";
import { ByteCache } from "../store/byte-cache.ts";
import { NodeBuffer } from "../store/trie-database.ts";
import { testRules } from "../testing/open-test-node.ts";
import { RICH } from "../testing/probe-chain.ts";
import type { Seal } from "../types.ts";
import { BlockBuilder, InvalidTransaction } from "./block-builder.ts";
import { FIXED_HEADER, openTrackedState, openVm, type TrackedState } from "./chain-state.ts";
import { makeGenesis } from "./genesis.ts";

const COIN = 10n ** 18n;
const VALIDATOR = createAddressFromString(`0x${"aa".repeat(20)}`);
const SEAL: Seal = { signature: new Uint8Array(65), reveal: new Uint8Array(65) };
const rules = testRules({ emission: true, alloc: { [RICH.address.toLowerCase() as `0x${string}`]: COIN } });
const common = makeCommon(rules.chainId);
const choice = { timestamp: BigInt(rules.genesisTime + 1), coinbase: VALIDATOR.bytes, mixHash: new Uint8Array(32) };

describe("BlockBuilder", () => {
  let state: TrackedState;
  let vm: VM;
  let builder: BlockBuilder;
  let genesis: Awaited<ReturnType<typeof makeGenesis>>;

  beforeEach(async () => {
    const nodes = new NodeBuffer({ node: () => Promise.resolve(undefined) }, new ByteCache(10_000_000));
    state = await openTrackedState(common, nodes);
    vm = await openVm(common, state, () => Promise.resolve(new Uint8Array(32)));
    genesis = await makeGenesis(rules, common, state, nodes);
    nodes.confirm(genesis.rows.nodes);
    builder = new BlockBuilder(rules, common, vm, state, nodes);
  });

  async function transfer(nonce: number, value = 1n, gas = 21_000n) {
    const raw = await RICH.signTransaction({
      type: "eip1559",
      chainId: rules.chainId,
      nonce,
      to: `0x${"bb".repeat(20)}`,
      value,
      gas,
      maxFeePerGas: 2n * rules.baseFee,
      maxPriorityFeePerGas: rules.baseFee,
    });
    return createTxFromRLP(hexToBytes(raw), { common });
  }

  function parentAt(number: bigint, slot: bigint) {
    const { header } = genesis.block;
    return createBlock(
      {
        header: {
          ...FIXED_HEADER,
          number,
          stateRoot: header.stateRoot,
          timestamp: header.timestamp + slot,
          gasLimit: rules.blockGas,
          baseFeePerGas: rules.baseFee,
          withdrawalsRoot: header.withdrawalsRoot!,
        },
        withdrawals: [],
      },
      { common, setHardfork: false },
    );
  }

  it.each<[bigint, bigint, bigint]>([
    [1n, 1n, 40n],
    [HALVING_SLOTS, 1n, 40n],
    [HALVING_SLOTS + 1n, 1n, 20n],
    [2n * HALVING_SLOTS + 1n, 1n, 10n],
    [30n, 30n, 1200n],
    [HALVING_SLOTS + 1n, 3n, 100n],
  ])(
    "in slot %i, %i after its parent's, issues %i coins as a withdrawal to the validator",
    async (slot, after, coins) => {
      const timestamp = genesis.block.header.timestamp + slot;
      await builder.begin(parentAt(6n, slot - after), { ...choice, timestamp });
      const { block, rows } = await builder.finish();
      expect(block.withdrawals?.map((w) => [w.index, w.address.toString(), w.amount])).toEqual([
        [7n, VALIDATOR.toString(), coins * 1_000_000_000n],
      ]);
      expect((await state.getAccount(VALIDATOR))?.balance).toBe(coins * COIN);
      expect(rows(SEAL).accounts).toEqual([expect.objectContaining({ balance: coins * COIN })]);
    },
  );

  it("issues nothing, and changes nothing, in a further block of the same slot", async () => {
    await builder.begin(parentAt(6n, 1n), choice);
    const { block, rows } = await builder.finish();
    expect(block.withdrawals).toEqual([]);
    expect(block.header.stateRoot).toEqual(genesis.block.header.stateRoot);
    expect(rows(SEAL)).toMatchObject({ accounts: [], nodes: new Map() });
  });

  it("burns the base fee and pays the tip to the validator", async () => {
    await builder.begin(genesis.block, choice);
    await builder.add(await transfer(0, 7n));
    const { block } = await builder.finish();
    expect(block.header.gasUsed).toBe(21_000n);
    expect((await state.getAccount(VALIDATOR))?.balance).toBe(40n * COIN + 21_000n * rules.baseFee);
    expect((await state.getAccount(createAddressFromString(RICH.address)))?.balance).toBe(
      COIN - 7n - 2n * 21_000n * rules.baseFee,
    );
  });

  it("goes on after a transaction that cannot stand, as if it had not been there", async () => {
    await builder.begin(genesis.block, choice);
    await builder.add(await transfer(0));
    for (const bad of [
      await transfer(0),
      await transfer(2),
      await transfer(1, 2n * COIN),
      await transfer(1, 1n, rules.blockGas),
    ]) {
      await expect(builder.add(bad)).rejects.toBeInstanceOf(InvalidTransaction);
    }
    await builder.add(await transfer(1));
    const { block } = await builder.finish();
    expect(block.transactions).toHaveLength(2);
  });

  it("executes the block anew when the machine breaks inside a transaction", async () => {
    const clean = async () => {
      await builder.begin(genesis.block, choice);
      await builder.add(await transfer(0, 5n));
      await builder.add(await transfer(1, 6n));
      return (await builder.finish()).block;
    };
    const expected = (await clean()).hash();
    await builder.abandon();
    await builder.begin(genesis.block, choice);
    await builder.add(await transfer(0, 5n));
    const runCall = vm.evm.runCall.bind(vm.evm);
    vm.evm.runCall = async () => {
      vm.evm.runCall = runCall;
      await vm.evm.journal.checkpoint();
      await vm.evm.journal.putAccount(VALIDATOR, createAccount({ balance: 123n }));
      throw new Error("broken");
    };
    await expect(builder.add(await transfer(1, 6n))).rejects.toBeInstanceOf(InvalidTransaction);
    await builder.add(await transfer(1, 6n));
    expect((await builder.finish()).block.hash()).toEqual(expected);
  });

  it("leaves the parent's state when it is abandoned, before or after it is finished", async () => {
    const before = await state.getStateRoot();
    await builder.begin(genesis.block, choice);
    await builder.add(await transfer(0, 5n));
    await builder.abandon();
    expect(await state.getStateRoot()).toEqual(before);
    await builder.begin(genesis.block, choice);
    await builder.add(await transfer(0, 5n));
    await builder.finish();
    await builder.abandon();
    expect(await state.getStateRoot()).toEqual(before);
    expect((await state.getAccount(VALIDATOR))?.balance).toBeUndefined();
  });
});
