import { type Block, createBlock, genWithdrawalsTrieRoot } from "@ethereumjs/block";
import { MerklePatriciaTrie } from "@ethereumjs/mpt";
import { createWithdrawal, hexToBytes } from "@ethereumjs/util";
import { encodeDeployData, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slotAt, supplyAt } from "./emission.ts";
import { sealBlock, signReveal } from "./seal.ts";
import { compileProbe, PROBE_ABI } from "./testing/compile-probe.ts";
import { openTestNode, reached, type TestNode, testRules } from "./testing/open-test-node.ts";
import { RICH } from "./testing/probe-chain.ts";
import { VALIDATOR_KEY } from "./testing/start-test-chain.ts";
import type { Seal, SealedBlock } from "./types.ts";

const STRANGER: Hex = `0x${"99".repeat(32)}`;
const COIN_GWEI = 1_000_000_000n;

describe("a received block", () => {
  const rules = testRules();
  let producer: TestNode;
  let follower: TestNode;
  let honest: SealedBlock;
  let block: Block;

  beforeAll(async () => {
    producer = await openTestNode(rules, { validatorKey: VALIDATOR_KEY });
    follower = await openTestNode(rules);
    const deploy = await RICH.signTransaction({
      type: "eip1559",
      chainId: rules.chainId,
      nonce: 0,
      data: encodeDeployData({ abi: PROBE_ABI, bytecode: compileProbe(), args: [3n] }),
      gas: 3_000_000n,
      maxFeePerGas: rules.baseFee,
    });
    await producer.node.pool.add(hexToBytes(deploy));
    producer.node.start();
    await reached(producer.node, 3);
    const first = await producer.store.blockByNumber(1);
    if (first === undefined) throw new Error("no block 1");
    honest = first;
    block = producer.node.decode(first.raw);
    expect(block.transactions).toHaveLength(1);
  });

  afterAll(async () => {
    await producer.close();
    await follower.close();
  });

  /** The honest block with a changed header or body, sealed with the validator's true key. */
  async function forge(
    header: Record<string, unknown>,
    body: Partial<Pick<Block, "withdrawals" | "transactions">> = {},
    key = VALIDATOR_KEY,
  ) {
    const { header: h } = block;
    const forged = createBlock(
      {
        header: {
          parentHash: h.parentHash,
          uncleHash: h.uncleHash,
          coinbase: h.coinbase,
          stateRoot: h.stateRoot,
          transactionsTrie: h.transactionsTrie,
          receiptTrie: h.receiptTrie,
          logsBloom: h.logsBloom,
          difficulty: h.difficulty,
          number: h.number,
          gasLimit: h.gasLimit,
          gasUsed: h.gasUsed,
          timestamp: h.timestamp,
          extraData: h.extraData,
          mixHash: h.mixHash,
          baseFeePerGas: h.baseFeePerGas!,
          withdrawalsRoot: h.withdrawalsRoot!,
          blobGasUsed: 0n,
          excessBlobGas: 0n,
          parentBeaconBlockRoot: new Uint8Array(32),
          ...header,
        },
        transactions: body.transactions ?? block.transactions,
        withdrawals: body.withdrawals ?? block.withdrawals!,
      },
      { common: producer.node.common, setHardfork: false },
    );
    return { raw: forged.serialize(), seal: sealBlock(rules.chainId, forged.hash(), honest.seal.reveal, key) };
  }

  async function refused(sealed: SealedBlock, reason: string): Promise<void> {
    await expect(follower.node.import(sealed)).rejects.toMatchObject({
      code: "chain-block-rejected",
      details: { reason },
    });
    expect(follower.node.head.header.number).toBe(0n);
    expect((await follower.store.head())?.number).toBe(0);
  }

  function tenfold() {
    const address = block.header.coinbase;
    // Of what it was: the longer the first block took, the more slots it is paid for.
    const amount = 10n * ((block.withdrawals?.[0]?.amount ?? 0n) + COIN_GWEI);
    return [createWithdrawal({ index: 1n, validatorIndex: 0n, address, amount })];
  }

  it("is refused when another than the validator sealed it", async () => {
    await refused({ raw: honest.raw, seal: (await forge({}, {}, STRANGER)).seal }, "wrong-proposer");
    await refused(
      { raw: honest.raw, seal: { signature: new Uint8Array(65), reveal: honest.seal.reveal } },
      "wrong-proposer",
    );
    await refused(
      { raw: honest.raw, seal: { signature: new Uint8Array(3), reveal: new Uint8Array(0) } },
      "wrong-proposer",
    );
  });

  it("is refused with a wrong state root", async () => {
    await refused(await forge({ stateRoot: new Uint8Array(32).fill(9) }), "invalid");
  });

  it("is refused with ten times the emission in its body under the unchanged header", async () => {
    const forged = await forge({}, { withdrawals: tenfold() });
    expect(producer.node.decode(forged.raw).hash()).toEqual(block.hash());
    await refused(forged, "invalid");
  });

  it("is refused with ten times the emission under a header that agrees", async () => {
    const withdrawals = tenfold();
    const trie = new MerklePatriciaTrie({ common: producer.node.common });
    await refused(
      await forge({ withdrawalsRoot: await genWithdrawalsTrieRoot(withdrawals, trie) }, { withdrawals }),
      "invalid",
    );
  });

  it("is refused with another base fee or gas limit", async () => {
    await refused(await forge({ baseFeePerGas: 0n }), "invalid");
    await refused(await forge({ gasLimit: 60_000_000n }), "invalid");
  });

  it("is refused when its time is ahead, or before its parent's", async () => {
    await refused(await forge({ timestamp: block.header.timestamp + 100n }), "from-the-future");
    await refused(await forge({ timestamp: BigInt(rules.genesisTime) - 1n }), "before-parent");
  });

  it("is refused without its transactions, or with another's", async () => {
    await refused(await forge({}, { transactions: [] }), "invalid");
    await refused(await forge({}, { transactions: [...block.transactions, ...block.transactions] }), "invalid");
  });

  it("is refused with randomness that its validator's reveal does not give", async () => {
    await refused(await forge({ mixHash: new Uint8Array(32).fill(1) }), "wrong-proposer");
    const reveal = signReveal(rules.chainId, 2, block.header.mixHash, VALIDATOR_KEY);
    const seal: Seal = { signature: honest.seal.signature, reveal };
    await refused({ raw: honest.raw, seal }, "wrong-proposer");
  });

  it("is refused when it does not follow the head, or is no block", async () => {
    const third = await producer.store.blockByNumber(3);
    if (third === undefined) throw new Error("no block 3");
    await refused(third, "wrong-number");
    await refused(await forge({ parentHash: new Uint8Array(32).fill(5) }), "unknown-parent");
    await expect(follower.node.import({ raw: Uint8Array.of(0xc0), seal: honest.seal })).rejects.toMatchObject({
      code: "chain-block-malformed",
    });
  });

  it("is taken in when it is honest, and gives the same state", async () => {
    for (let number = 1; number <= 3; number++) {
      const sealed = await producer.store.blockByNumber(number);
      if (sealed === undefined) throw new Error(`no block ${number}`);
      await follower.node.import(sealed);
      expect((await follower.store.blockByNumber(number))?.hash).toEqual(sealed.hash);
    }
    await expect(follower.node.import(honest)).rejects.toMatchObject({ details: { reason: "known" } });
    const address = block.header.coinbase;
    const state = await follower.node.views.read(follower.node.head);
    const initial = Object.values(rules.alloc).reduce((sum, wei) => sum + wei, 0n) / COIN_GWEI;
    const { timestamp } = follower.node.head.header;
    const issued = (supplyAt(slotAt(timestamp, rules), initial) - initial) * COIN_GWEI;
    expect(issued).toBeGreaterThan(0n);
    expect((await state.getAccount(address))?.balance).toBe(issued);
    expect((await follower.store.account(address.bytes))?.balance).toBe(issued);
  });
});
