import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  catalogMigrations,
  coinTotals,
  createProjection,
  type HistoryLine,
  pageHistory,
  stepCoins,
} from "@cairn/catalog";
import { type EvmLedger, fileOutgoingStore, openCoinChain } from "@cairn/chain";
import { type ChainConfig, startChain } from "@cairn/chain/node";
import { ANVIL_KEY, type LedgerHarness, startAnvil, World } from "@cairn/chain/testing";
import { generateKey } from "@cairn/chain/wallet";
import type { CoinChain } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, addressOfKey, type Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COIN = 10n ** 18n;
/** Sends what it is paid on to the address in its first word: a payment that no transaction names. */
const FORWARDER: Hex = "0x600f80600b6000396000f36000600060006000346000355af100";

/** Reproducible choices. */
function dice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

const CHAINS: Record<string, () => Promise<LedgerHarness>> = {
  async anvil() {
    const anvil = await startAnvil({ chainId: 31_338, blockSeconds: 0.3 });
    return { url: anvil.url, key: ANVIL_KEY, stop: anvil.stop };
  },
  async "the embedded chain"() {
    const database = await testDatabase();
    const key = generateKey();
    const chain = await startChain({
      ...{
        chainId: 26170,
        blockSeconds: 1,
        validatorKey: VALIDATOR,
        database: database.config as ChainConfig["database"],
      },
      ...{ emission: true, alloc: { [addressOfKey(key)]: String(10n ** 24n) } },
    });
    return {
      ...{ url: chain.url, key },
      async stop() {
        await chain.stop();
        await database.drop();
      },
    };
  },
};
const VALIDATOR = generateKey();

describe.each(Object.keys(CHAINS))("the history of wallets on %s", (name) => {
  let harness: LedgerHarness;
  let world: World;
  let database: TestDatabase;
  let directory: string;
  let chain: CoinChain;
  const keys = [generateKey(), generateKey(), generateKey()];
  const wallets = keys.map((key) => addressOfKey(key));
  const stranger = addressOfKey(generateKey());

  beforeAll(async () => {
    database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
    harness = await CHAINS[name]!();
    world = await World.make(harness);
    directory = await mkdtemp(join(tmpdir(), "cairn-coins-"));
    const { rpc, heads, deployment } = world.ledger;
    chain = openCoinChain({ rpc, heads, deals: deployment.deals });
  });
  afterAll(async () => {
    await world?.close();
    await harness?.stop();
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
  });

  const balanceOf = async (address: Address, block: number) => {
    const balance = await chain.balanceAt(address, block);
    if (balance === undefined) throw new Error("the chain has no such state");
    return balance;
  };

  async function follow(addresses: readonly Address[]): Promise<void> {
    const projection = createProjection(database.pool, world.ledger);
    while (await stepCoins(database.pool, chain, addresses));
    for (;;) {
      const from = await projection.cursor();
      const { events, next, head } = await world.ledger.events(from);
      if (next > from) await projection.apply({ from, next, events, head });
      if (next > head.number) return;
    }
  }

  async function linesOf(wallet: Address, limit: number, order: "asc" | "desc" = "asc"): Promise<HistoryLine[]> {
    const lines: HistoryLine[] = [];
    for (let after: string | undefined; ; ) {
      const page = await pageHistory(database.pool, {
        wallet,
        order,
        limit,
        ...(after === undefined ? {} : { after }),
      });
      lines.push(...page.rows);
      if (page.next === null) return lines;
      after = page.next;
    }
  }

  it("comes to the chain's balance to the wei, whatever moved, line by line and page by page", async () => {
    const { ledger } = world;
    await Promise.all(
      wallets.map((to) => ledger.sender!.submit(world.next().id, { to, data: "0x", value: 20n * COIN })),
    );
    await follow(wallets);
    const ledgers: EvmLedger[] = keys.map((key) => ledger.withKey(key, fileOutgoingStore(directory)));
    const pick = dice(name.length);
    const made = (await ledger.sender!.submit(world.next().id, { data: FORWARDER })).created as Address;
    for (let round = 0; round < 14; round++) {
      const i = pick(3);
      const from = ledgers[i]!;
      const value = BigInt(1 + pick(1_000_000_000)) * 12_345_679n;
      const act = pick(6);
      const deposited = await ledger.balance(wallets[i]!);
      if (act === 0) await from.deposit(world.next(), wallets[pick(3)]!, value);
      else if (act === 1 && deposited > 0n) await from.withdraw(world.next(), deposited - deposited / 3n);
      else if (act === 2) await from.sender!.submit(world.next().id, { to: wallets[i]!, data: "0x", value });
      else {
        const to = [wallets[pick(3)]!, stranger][act % 2]!;
        await from.sender!.submit(world.next().id, { to, data: "0x", value });
      }
      // From outside, beside it.
      if (act > 3)
        await ledger.sender!.submit(world.next().id, { to: wallets[pick(3)]!, data: "0x", value: value / 3n });
      if (round % 5 === 4) await follow(wallets);
    }
    // Each once, whatever was drawn.
    await ledgers[0]!.deposit(world.next(), wallets[0]!, 3n * COIN);
    await ledgers[0]!.withdraw(world.next(), COIN + 1n);
    const surprise = 1_234_567_890_123n;
    const data: Hex = `0x${wallets[1]!.slice(2).padStart(64, "0")}`;
    const { block } = await ledger.sender!.submit(world.next().id, { to: made, data, value: surprise });
    await follow(wallets);

    for (const [index, wallet] of wallets.entries()) {
      const lines = await linesOf(wallet, 3);
      const { through } = await pageHistory(database.pool, { wallet, limit: 1 });
      const sum = (column: "coins" | "deposit") => lines.reduce((all, line) => all + line[column], 0n);
      expect([wallet, sum("coins")]).toEqual([wallet, await balanceOf(wallet, through!)]);
      expect(sum("deposit")).toBe(await ledger.balance(wallet));
      let [coins, deposit] = [0n, 0n];
      for (const line of lines) {
        coins += line.coins;
        deposit += line.deposit;
        expect([line.coinsAfter, line.depositAfter]).toEqual([coins, deposit]);
        if (line.kind !== "opening" && line.side === "coins") expect(coins).toBeGreaterThanOrEqual(0n);
      }
      expect(await linesOf(wallet, 4, "desc")).toEqual(lines.toReversed());
      expect((await coinTotals(database.pool, [wallet])).get(wallet)).toMatchObject({ coins, through });
      const unexplained = lines.filter(({ kind }) => kind === "unexplained");
      expect(unexplained.map((line) => [line.coins, line.block])).toEqual(index === 1 ? [[surprise, block]] : []);
      for (const line of lines.filter(({ kind }) => kind === "fee")) expect(line.coins).toBeLessThan(0n);
    }
    const first = await linesOf(wallets[0]!, 100);
    const last = (kind: string, side: string) => first.findLast((line) => line.kind === kind && line.side === side);
    expect(last("deposit", "coins")).toMatchObject({ coins: -3n * COIN, counterparty: ledger.deployment.deals });
    expect(last("deposit", "deposit")).toMatchObject({ deposit: 3n * COIN });
    expect(last("withdraw", "coins")).toMatchObject({ coins: COIN + 1n });
    expect(last("withdraw", "deposit")).toMatchObject({ deposit: -COIN - 1n });
    expect(first.filter(({ kind }) => kind === "in")[0]).toMatchObject({ coins: 20n * COIN });
  });

  it("pays for storage out of the deposit alone, and both sides still come to what there is", async () => {
    const scenario = await world.scenario(50n * COIN);
    const { ownerAddress } = scenario;
    await world.giveCoins(ownerAddress);
    const of = scenario.package(2);
    await scenario.propose(of, [
      scenario.quote(of, 0, await scenario.provider()),
      scenario.quote(of, 1, await scenario.provider()),
    ]);
    await follow([...wallets, ownerAddress]);
    const lines = await linesOf(ownerAddress, 2);
    expect(lines.filter(({ kind }) => kind === "escrow")).toHaveLength(2);
    const last = lines.at(-1)!;
    expect(last.depositAfter).toBe(await world.ledger.balance(ownerAddress));
    expect(last.coinsAfter).toBe(5n * COIN);
  });

  it("begins with what a wallet has when it is added, and goes on from there", async () => {
    // Far enough back that the chain's first blocks are looked at, too.
    const rich = addressOfKey(harness.key);
    await follow([rich]);
    const before = await linesOf(rich, 50);
    expect(before[0]).toMatchObject({ kind: "opening", side: "coins" });
    const { through } = await pageHistory(database.pool, { wallet: rich });
    expect(before.at(-1)!.coinsAfter).toBe(await balanceOf(rich, through!));
    expect(before.filter(({ kind }) => kind === "unexplained")).toEqual([]);
    expect(before.filter(({ kind }) => kind === "fee").length).toBeGreaterThan(10);
  });

  it.runIf(name === "the embedded chain")("has the rewards of a validator's blocks", async () => {
    const validator = addressOfKey(VALIDATOR);
    await follow([validator]);
    const lines = await linesOf(validator, 500);
    const { through } = await pageHistory(database.pool, { wallet: validator });
    expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(["reward"]));
    expect(lines.at(-1)!.coinsAfter).toBe(await balanceOf(validator, through!));
  });
});
