import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ANVIL_KEY, type Anvil, startAnvil } from "@cairn/chain/testing";
import { generateKey } from "@cairn/chain/wallet";
import { CairnClient, type TransferJson } from "@cairn/client";
import { PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { signClaim } from "@cairn/owner/sign-claim";
import { walletSigner } from "@cairn/owner/wallet-signer";
import { addressOfKey, addressOfText, type Hex } from "@cairn/protocol";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, runGateway } from "./run-gateway.ts";
import { mineWhatWaits } from "./testing/mine-what-waits.ts";

const CHAIN_ID = 31_340;
const COIN = 10n ** 18n;
const TOKEN = "t".repeat(43);
const key = (digit: string) => {
  const secret: Hex = `0x${digit.repeat(64)}`;
  return { key: secret, address: addressOfKey(secret) };
};
const KEYS = { executor: key("a"), verifiers: ["b", "c", "d"].map(key), validator: undefined };
const WALLET_KEY = generateKey();
const WALLET = addressOfKey(WALLET_KEY);

let anvil: Anvil;
let database: TestDatabase;
let directory: string;
let stopMining: () => Promise<void>;
let gateway: RunningGateway;
let client: CairnClient;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-coin-routes-"));
  database = await testDatabase();
  anvil = await startAnvil({ chainId: CHAIN_ID });
  for (const { address } of [KEYS.executor, ...KEYS.verifiers])
    await anvil.call("anvil_setBalance", address, `0x${(10n ** 20n).toString(16)}`);
  stopMining = mineWhatWaits(anvil);
  gateway = await runGateway({
    ...{ id: "gateway-1", version: "0.1.0", profile: PROFILES.demo, database: database.config, chainUrl: anvil.url },
    ...{ keys: KEYS, known: undefined, onFinal: () => undefined, token: TOKEN, custodySecret: "s".repeat(43) },
    directories: { blobs: join(directory, "blobs"), spool: join(directory, "spool") },
    listen: { host: "127.0.0.1", port: 0, hostSetting: "H", portSetting: "P", names: [], trustedProxies: [] },
    ...{ doors: [], doorPort: () => undefined, say: () => undefined },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  client = new CairnClient({ url: gateway.url, token: TOKEN });
  const network = await client.network();
  const claim = await signClaim(walletSigner(WALLET_KEY), {
    network,
    token: TOKEN,
    now: Math.floor(Date.now() / 1000),
  });
  const added = await client.addWallet({ name: "mine", kind: "client", claim });
  expect(addressOfText(added.filecoin)).toBe(WALLET);
  await client.changeSettings({ confirmations: 3, explorer: "https://explorer.example/tx/{tx}" });
});
afterAll(async () => {
  await gateway?.stop();
  await stopMining?.();
  await anvil?.stop();
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Signed by a key, of what the gateway says of nonce and fees: the browser's way. */
async function signed(by: Hex, to: Hex, value: bigint, change: { chainId?: number } = {}) {
  const [{ next: nonce }, fees] = await Promise.all([
    client.coins.nonce(WALLET),
    client.coins.fees(WALLET, { to, value: String(value) }),
  ]);
  return privateKeyToAccount(by).signTransaction({
    ...{ type: "eip1559", chainId: fees.chainId, nonce, to, value, gas: BigInt(fees.gas) },
    ...{ maxFeePerGas: BigInt(fees.maxFeePerGas), maxPriorityFeePerGas: BigInt(fees.maxPriorityFeePerGas) },
    ...change,
  });
}

describe("a wallet whose key is in the browser", () => {
  it("sees coins come from outside, live, and spends some, with a line for each and sums to the wei", async () => {
    const stop = new AbortController();
    const told: TransferJson[] = [];
    let open: () => void;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const listening = (async () => {
      for await (const message of client.liveMessages(stop.signal, () => open())) {
        if (message.type === "transfer") told.push(message.transfer);
        if (told.at(-1)?.state === "confirmed") return;
      }
    })();
    await opened;
    // The route looks where the changes stand before it tells of new ones.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const outside = privateKeyToAccount(ANVIL_KEY);
    const nonce = Number(await anvil.call<Hex>("eth_getTransactionCount", outside.address, "latest"));
    const raw = await outside.signTransaction({
      ...{ type: "eip1559", chainId: CHAIN_ID, nonce, to: WALLET, value: 2n * COIN, gas: 21_000n },
      ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n },
    });
    const transaction = await anvil.call<Hex>("eth_sendRawTransaction", raw);
    const mining = setInterval(() => void anvil.call("evm_mine"), 700);
    try {
      await listening;
      expect(told.every((one) => one.transaction === transaction && one.wallet === WALLET)).toBe(true);
      expect(told.at(-1)).toMatchObject({
        ...{ state: "confirmed", direction: "in", confirmations: 3, needed: 3, amount: String(2n * COIN) },
        link: `https://explorer.example/tx/${transaction}`,
      });
      const counts = told.map(({ confirmations }) => confirmations);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));

      const payment = await signed(WALLET_KEY, outside.address, COIN / 3n);
      const sent = await client.coins.send(WALLET, payment);
      expect(await client.coins.send(WALLET, payment)).toEqual(sent);
      for (;;) {
        const lines = await client.coins.history(WALLET, { order: "asc", limit: 2 });
        const fee = lines.find((line) => line.kind === "fee");
        if (fee === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          continue;
        }
        expect(lines.map(({ kind, transaction }) => [kind, transaction])).toEqual([
          ["in", transaction],
          ["out", sent.transaction],
          ["fee", sent.transaction],
        ]);
        const sum = lines.reduce((all, { coins }) => all + BigInt(coins), 0n);
        expect(sum).toBe(BigInt(await anvil.call<Hex>("eth_getBalance", WALLET, "latest")));
        expect(lines.at(-1)?.coinsAfter).toBe(String(sum));
        break;
      }
      const transfers = await client.coins.transfers(WALLET);
      expect(transfers.map(({ direction }) => direction).toSorted()).toEqual(["in", "out"]);
    } finally {
      clearInterval(mining);
      stop.abort();
    }
  });

  it("has no transaction passed on that its key did not sign for this chain", async () => {
    const foreign = await signed(ANVIL_KEY, WALLET, 1n);
    await expect(client.coins.send(WALLET, foreign)).rejects.toMatchObject({ code: "bad-transaction" });
    const elsewhere = await signed(WALLET_KEY, WALLET, 1n, { chainId: 1 });
    for (const raw of [elsewhere, "0x00", `0x02${"ff".repeat(50)}`, foreign.slice(0, -2)])
      await expect(client.coins.send(WALLET, raw)).rejects.toMatchObject({ code: "bad-transaction", kind: "input" });
    await expect(client.coins.send(WALLET, "nothing")).rejects.toMatchObject({ kind: "input" });
    await expect(client.coins.fees(WALLET, { to: WALLET, value: String(10n ** 24n) })).rejects.toMatchObject({
      code: "insufficient-funds",
    });
    for (const call of [client.coins.history, client.coins.transfers, client.coins.nonce, client.coins.fees])
      await expect(call(addressOfKey(ANVIL_KEY))).rejects.toMatchObject({ code: "unknown-wallet" });
  });

  it("is told the fees of no foreign contract's call, and of no more calls than an account may ask for", async () => {
    const precompile = `0x${"0".repeat(39)}9`;
    await expect(client.coins.fees(WALLET, { to: precompile, data: "0x00" })).rejects.toMatchObject({
      code: "bad-request",
      details: { field: "to" },
    });
    const { deployment } = await client.network();
    await expect(client.coins.fees(WALLET, { to: deployment.deals, data: "0x00" })).rejects.toMatchObject({
      code: "reverted",
    });
    const asked = await Promise.allSettled(Array.from({ length: 40 }, () => client.coins.fees(WALLET, { to: WALLET })));
    const refused = asked.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: "too-many-requests" } });
  });

  it("has links of http and https alone, and pays from none but the account's wallets", async () => {
    for (const explorer of ["javascript:alert(1)//{tx}", "https://no-place-for-it/", "data:{tx}"])
      await expect(client.changeSettings({ explorer })).rejects.toMatchObject({ kind: "input" });
    await expect(client.changeSettings({ wallets: [addressOfKey(ANVIL_KEY)] })).rejects.toMatchObject({
      code: "unknown-wallet",
    });
    const upper = `0x${WALLET.slice(2).toUpperCase()}`;
    expect(await client.changeSettings({ wallets: [WALLET, upper] })).toMatchObject({ wallets: [WALLET] });
  });
});
