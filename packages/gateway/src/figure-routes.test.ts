import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Anvil, startAnvil } from "@cairn/chain/testing";
import { CairnClient, type LiveMessageJson } from "@cairn/client";
import { PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, runGateway } from "./run-gateway.ts";
import { writeHistory } from "./services/keep-figures.ts";
import { mineWhatWaits } from "./testing/mine-what-waits.ts";
import { seedCatalog } from "./testing/seed-catalog.ts";

const key = (digit: string) => {
  const secret: Hex = `0x${digit.repeat(64)}`;
  return { key: secret, address: addressOfKey(secret).toLowerCase() as Hex };
};
const KEYS = { executor: key("a"), verifiers: ["b", "c", "d"].map(key), validator: undefined };
const HOME = "t".repeat(43);
const COIN = 10n ** 18n;

let anvil: Anvil;
let database: TestDatabase;
let directory: string;
let stopMining: () => Promise<void>;
let gateway: RunningGateway;
let client: CairnClient;
/** The account's wallet: custodial, as that needs no claim. */
let wallet: Hex;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-figures-"));
  database = await testDatabase();
  anvil = await startAnvil({ chainId: 31_339 });
  for (const { address } of [KEYS.executor, ...KEYS.verifiers])
    await anvil.call("anvil_setBalance", address, `0x${(10n ** 20n).toString(16)}`);
  stopMining = mineWhatWaits(anvil);
  gateway = await runGateway({
    id: "gateway-1",
    version: "0.1.0",
    profile: PROFILES.demo,
    database: database.config,
    chainUrl: anvil.url,
    keys: KEYS,
    known: undefined,
    onFinal: () => undefined,
    token: HOME,
    custodySecret: "s".repeat(43),
    directories: { blobs: join(directory, "blobs"), spool: join(directory, "spool") },
    listen: { host: "127.0.0.1", port: 0, hostSetting: "H", portSetting: "P", names: [], trustedProxies: [] },
    doors: [],
    doorPort: () => undefined,
    say: () => undefined,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  client = new CairnClient({ url: gateway.url, token: HOME });
  wallet = (await client.addWallet({ name: "purse", kind: "custodial", dailyLimit: "5" })).address as Hex;
  await seedCatalog(database.pool, { account: "local", owner: wallet, packages: 10, deals: 40, events: 1 });
});
afterAll(async () => {
  await gateway?.stop();
  await stopMining?.();
  await anvil?.stop();
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

const context = () => ({
  pool: database.pool,
  chainNow: () => 1_780_000_000,
  accounts: { pool: database.pool, clock: { now: () => 1_780_000_000 } as never },
  coinsOf: async () => 7n * COIN,
});

describe("figures", () => {
  it("are those of the account's packages, deals and wallets, with coins as the chain has them", async () => {
    await anvil.call("anvil_setBalance", wallet, `0x${(3n * COIN).toString(16)}`);
    const { rows } = await database.pool.query(
      `select (select sum(files)::int from catalog.packages) as files, (select sum(paid)::text from catalog.deals) as paid,
         (select sum(raw_length)::text from catalog.deals where state = 'ACTIVE') as bytes,
         (select count(distinct provider)::int from catalog.deals where state = 'ACTIVE') as providers`,
    );
    expect(await client.figures.now({ from: 1_790_000_000, before: 1_795_000_000 })).toMatchObject({
      files: rows[0].files,
      packages: 10,
      uniqueBytes: "10000000",
      copiesBytes: rows[0].bytes,
      paidForStorage: rows[0].paid,
      paidForRetrieval: "0",
      retrievalWhy: "reads are free on this network",
      providers: rows[0].providers,
      deals: { inProgress: 38, active: 38, completed: 2, failed: 0 },
      expiring: { range: { from: 1_790_000_000, before: 1_795_000_000 } },
      fiat: null,
      fiatWhy: expect.stringContaining("cairn fiat source"),
    });
    await expect.poll(async () => (await client.figures.now()).coins, { timeout: 20_000 }).toBe((3n * COIN).toString());
  });

  it("come over the live socket when they have changed, and close to each other once", async () => {
    const listening = new AbortController();
    const heard: LiveMessageJson[] = [];
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const done = (async () => {
      for await (const message of client.liveMessages(listening.signal, open)) heard.push(message);
    })().catch(() => undefined);
    await opened;
    const figures = () => heard.flatMap((message) => (message.type === "figures" ? [message.figures] : []));
    const change = (state: string) =>
      database.pool.query(
        "update catalog.packages set state = $1 where id = (select id from catalog.packages where account = 'local' order by id limit 1)",
        [state],
      );
    await change("ENDING");
    await expect.poll(() => figures().at(-1)?.packages, { timeout: 20_000 }).toBe(9);
    // The same figures again are no news.
    await database.pool.query("select pg_notify('cairn_figures', '*')");
    const before = figures().length;
    for (let at = 0; at < 20; at++)
      await database.pool.query(
        "update catalog.deals set paid = paid + 1 where deal = (select deal from catalog.deals where owner = $1 order by deal limit 1)",
        [wallet],
      );
    const paid = (await client.figures.now()).paidForStorage;
    await expect.poll(() => figures().at(-1)?.paidForStorage, { timeout: 20_000 }).toBe(paid);
    expect(figures().length - before).toBeLessThan(20);
    // Coins move without an event of the contracts.
    await anvil.call("anvil_setBalance", wallet, `0x${(4n * COIN).toString(16)}`);
    await expect.poll(() => figures().at(-1)?.coins, { timeout: 20_000 }).toBe((4n * COIN).toString());
    listening.abort();
    await done;
    const texts = figures().map(({ at: _, ...rest }) => JSON.stringify(rest));
    expect(texts.every((text, at) => at === 0 || text !== texts[at - 1])).toBe(true);
  });

  it("have a history with what money was worth on each day, whichever gateway wrote it", async () => {
    const now = 1_780_000_000;
    await Promise.all([writeHistory(context(), { now }), writeHistory(context(), { now })]);
    await writeHistory(context(), { now: now + 86_400 });
    await writeHistory(context(), { now: now + 86_401 });
    await client.fiat.importRates({ source: "file", currency: "eur", rates: [{ day: "2026-05-28", rate: "2.5" }] });
    const start = now - (now % 86_400);
    const coins = await client.figures.history("coins", { from: start, before: start + 2 * 86_400 });
    expect(coins).toEqual({
      figure: "coins",
      step: "day",
      currency: "eur",
      points: [
        { at: start, value: (7n * COIN).toString(), fiat: "17.5" },
        { at: start + 86_400, value: (7n * COIN).toString(), fiat: null },
      ],
    });
    const packages = await client.figures.history("packages", { step: "hour", from: now - 3600, before: now + 1 });
    expect(packages).toMatchObject({ currency: null, points: [{ value: "9", fiat: null }] });
  });

  it("are worth what the newest price says, in the account's currency", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await client.fiat.importRates({ source: "file", currency: "usd", rates: [{ day: today, rate: "4.21" }] });
    await client.fiat.importRates({ source: "file", currency: "eur", rates: [{ day: yesterday, rate: "3.9" }] });
    expect((await client.figures.now()).fiat).toMatchObject({ currency: "usd", coins: "16.84", staleSince: null });
    await client.changeSettings({ currency: "eur" });
    expect((await client.figures.now()).fiat).toMatchObject({
      currency: "eur",
      coins: "15.6",
      day: yesterday,
      staleSince: Date.parse(`${today}T00:00:00Z`) / 1000,
    });
    await client.changeSettings({ currency: "chf" });
    expect(await client.figures.now()).toMatchObject({
      fiat: null,
      fiatWhy: "there are no prices in chf, but in eur, usd",
    });
    expect((await client.fiat.rates()).rates.map(({ currency, rate }) => [currency, rate])).toEqual([
      ["eur", "3.9"],
      ["usd", "4.21"],
    ]);
    expect((await client.fiat.history("eur")).points.map(({ rate }) => rate)).toEqual(["2.5", "3.9"]);
  });
});
