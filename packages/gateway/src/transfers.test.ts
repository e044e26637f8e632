import {
  catalogMigrations,
  changedTransfers,
  ensureAccount,
  listEvents,
  listTransfers,
  stepTransfers,
} from "@cairn/catalog";
import { openCoinChain, openHeads, openRpc, type Rpc } from "@cairn/chain";
import { type ChainConfig, type RunningChain, startChain } from "@cairn/chain/node";
import { ANVIL_KEY, type Anvil, startAnvil } from "@cairn/chain/testing";
import { generateKey } from "@cairn/chain/wallet";
import type { CoinChain } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, addressOfKey, type Hex } from "@cairn/protocol";
import { parseTransaction } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const NEEDED = 4;
const DEALS: Address = `0x${"dd".repeat(20)}`;
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "a");
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.pool.query("truncate catalog.transfers, catalog.transfer_blocks, catalog.cursors, catalog.events");
});

const watch = (address: Address) => [{ address, account: "a", confirmations: NEEDED }];
const shown = async (wallet: Address) =>
  (await listTransfers(database.pool, wallet)).map(({ direction, state, confirmations }) => [
    direction,
    state,
    confirmations,
  ]);
const kinds = async () => (await listEvents(database.pool, { account: "a" })).map(({ kind }) => kind);

/** A payment, signed. */
async function pay(
  rpc: Rpc,
  key: Hex,
  to: Address,
  value: bigint,
  change: { nonce?: number; fee?: bigint; gas?: bigint } = {},
) {
  const from = addressOfKey(key);
  const nonce = change.nonce ?? Number(await rpc.request<Hex>("eth_getTransactionCount", [from, "pending"]));
  const chainId = Number(await rpc.request<Hex>("eth_chainId", []));
  const raw = await privateKeyToAccount(key).signTransaction({
    ...{ type: "eip1559", chainId, nonce, to, value, gas: change.gas ?? 21_000n },
    ...{ maxFeePerGas: 10n ** 10n + (change.fee ?? 0n), maxPriorityFeePerGas: 10n ** 9n + (change.fee ?? 0n) },
  });
  const transaction = await rpc.request<Hex>("eth_sendRawTransaction", [raw]);
  return { raw, transaction };
}

describe("transfers on a chain that is reorganised", () => {
  let anvil: Anvil;
  let rpc: Rpc;
  let chain: CoinChain;
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 31_338 });
    rpc = openRpc(anvil.url);
    chain = openCoinChain({ rpc, heads: openHeads(rpc), deals: DEALS });
    await anvil.call("evm_mine");
  });
  afterAll(async () => {
    await rpc?.close();
    await anvil?.stop();
  });
  const mine = () => anvil.call("evm_mine");
  async function step(wallet: Address) {
    while (await stepTransfers(database.pool, chain, watch(wallet)));
  }

  it("go from pending over 1, 2, … of n to confirmed, each change once", async () => {
    const wallet = addressOfKey(generateKey());
    await step(wallet);
    const { transaction } = await pay(rpc, ANVIL_KEY, wallet, 77n);
    await step(wallet);
    const seen = [await shown(wallet)];
    for (let block = 1; block <= NEEDED + 2; block++) {
      await mine();
      // Two gateways of one database: one of them writes.
      await Promise.all([step(wallet), step(wallet)]);
      seen.push(await shown(wallet));
    }
    expect(seen.map(([one]) => one)).toEqual([
      ["in", "pending", 0],
      ...[1, 2, 3].map((n) => ["in", "included", n]),
      ...[4, 4, 4].map((n) => ["in", "confirmed", n]),
    ]);
    expect((await listTransfers(database.pool, wallet))[0]).toMatchObject({
      ...{ transaction, amount: 77n, from: addressOfKey(ANVIL_KEY), to: wallet, needed: NEEDED, reorganisations: 0 },
    });
    expect(await kinds()).toEqual(["transfer-confirmed"]);
    expect(await changedTransfers(database.pool, 0)).toHaveLength(1);
  });

  it("are shown as taken back when their block is, and confirmed when another has them", async () => {
    const wallet = addressOfKey(generateKey());
    await step(wallet);
    const { raw, transaction } = await pay(rpc, ANVIL_KEY, wallet, 5n);
    await mine();
    await mine();
    await step(wallet);
    expect(await shown(wallet)).toEqual([["in", "included", 2]]);
    await anvil.call("anvil_reorg", 3, []);
    await anvil.call("anvil_dropTransaction", transaction);
    await step(wallet);
    expect(await shown(wallet)).toEqual([["in", "reorganised", 0]]);
    await mine();
    await step(wallet);
    expect(await shown(wallet)).toEqual([["in", "reorganised", 0]]);
    await rpc.request("eth_sendRawTransaction", [raw]);
    for (let block = 0; block < NEEDED; block++) await mine();
    await step(wallet);
    expect((await listTransfers(database.pool, wallet))[0]).toMatchObject({ state: "confirmed", reorganisations: 1 });
    expect(await kinds()).toEqual(["transfer-confirmed", "transfer-reorganised"]);
  });

  it("are shown as failed where the chain refuses them, and as dropped where another takes their place", async () => {
    const key = generateKey();
    const wallet = addressOfKey(key);
    await anvil.call("anvil_setBalance", wallet, `0x${(10n ** 19n).toString(16)}`);
    const refusing = addressOfKey(generateKey());
    // It reverts whatever is paid to it.
    await anvil.call("anvil_setCode", refusing, "0x60006000fd");
    await step(wallet);
    await pay(rpc, key, refusing, 9n, { gas: 100_000n });
    await mine();
    await step(wallet);
    expect(await shown(wallet)).toEqual([["out", "failed", 0]]);
    expect(await kinds()).toEqual(["transfer-failed"]);
    const slow = await pay(rpc, key, refusing, 1n, { gas: 100_000n });
    await step(wallet);
    const nonce = parseTransaction(slow.raw).nonce!;
    await pay(rpc, key, addressOfKey(ANVIL_KEY), 2n, { nonce, fee: 10n ** 10n });
    await mine();
    await step(wallet);
    expect(await shown(wallet)).toEqual(
      expect.arrayContaining([
        ["out", "dropped", 0],
        ["out", "included", 1],
        ["out", "failed", 0],
      ]),
    );
  });
});

describe("transfers on the embedded chain", () => {
  let chainDatabase: TestDatabase;
  let running: RunningChain;
  let rpc: Rpc;
  const rich = generateKey();
  beforeAll(async () => {
    chainDatabase = await testDatabase();
    running = await startChain({
      ...{ chainId: 26170, blockSeconds: 1, validatorKey: generateKey() },
      database: chainDatabase.config as ChainConfig["database"],
      alloc: { [addressOfKey(rich)]: String(10n ** 24n) },
    });
    rpc = openRpc(running.url);
  });
  afterAll(async () => {
    await rpc?.close();
    await running?.stop();
    await chainDatabase?.drop();
  });

  it("are seen while they wait, and confirmed", async () => {
    const chain = openCoinChain({ rpc, heads: openHeads(rpc), deals: DEALS });
    const wallet = addressOfKey(generateKey());
    const { transaction } = await pay(rpc, rich, wallet, 3n);
    expect((await chain.pending(new Set([wallet]))).map((one) => one.transaction)).toEqual([transaction]);
    const states = new Set<string>();
    for (let rounds = 0; !states.has("confirmed"); rounds++) {
      while (await stepTransfers(database.pool, chain, watch(wallet)));
      for (const { state, confirmations } of await listTransfers(database.pool, wallet)) {
        states.add(state);
        expect(confirmations).toBeLessThanOrEqual(NEEDED);
      }
      // It makes blocks when there is work.
      if (rounds % 5 === 0) await pay(rpc, rich, addressOfKey(rich), 0n);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(states).toContain("included");
  });
});
