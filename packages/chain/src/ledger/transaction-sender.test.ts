import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol";
import { readTransaction, signTransaction } from "@cairn/protocol/sign-transaction";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKey } from "../wallet/generate-key.ts";
import { fileOutgoingStore } from "./file-outgoing-store.ts";
import { openHeads } from "./heads.ts";
import type { OutgoingStore } from "./outgoing-store.ts";
import { OUTGOING_MIGRATIONS, postgresOutgoingStore } from "./postgres-outgoing-store.ts";
import { openRpc, type Rpc } from "./rpc.ts";
import { ANVIL_KEY, type Anvil, startAnvil } from "./testing/anvil.ts";
import { ECHO_ABI, ECHO_BYTECODE, priceTooLow } from "./testing/echo-contract.ts";
import { mortality } from "./testing/mortal.ts";
import { type SubmitMany, submitMany } from "./testing/submit-many.ts";
import { createSender, type SenderOptions, type TransactionSender } from "./transaction-sender.ts";

const CHAIN_ID = 31_337;
let anvil: Anvil;
let rpc: Rpc;
let directory: string;
let echo: Address;
const open: TransactionSender[] = [];

function sender(key: Hex, store: OutgoingStore, change: Partial<SenderOptions> = {}): TransactionSender {
  const made = createSender({
    rpc,
    heads: openHeads(change.rpc ?? rpc),
    key,
    chainId: CHAIN_ID,
    store,
    abi: ECHO_ABI,
    pollMilliseconds: 40,
    ...change,
  });
  open.push(made);
  return made;
}

const newStore = () => fileOutgoingStore(join(directory, generateKey()));
const count = async () => Number(await rpc.request<Hex>("eth_getStorageAt", [echo, "0x0", "latest"]));
const nonceOf = async (address: Address) =>
  Number(await rpc.request<Hex>("eth_getTransactionCount", [address, "latest"]));
const add = () => ({ to: echo, data: "0x" as Hex });

const isRecord = (path: string) => path.endsWith(".json");

async function fundedKey(coins = "10"): Promise<Hex> {
  const key = generateKey();
  await anvil.call("anvil_setBalance", addressOfKey(key), `0x${parseEther(coins).toString(16)}`);
  return key;
}

/** Save under `id` what a block will hold and the contract refuse. */
async function insertDoomed(key: Hex, store: OutgoingStore, id: string, nonce: number): Promise<void> {
  const fees = { gas: 100_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
  const call = { to: echo, data: priceTooLow(1n, 2n) };
  const signed = signTransaction(call, { chainId: CHAIN_ID, nonce, ...fees }, key);
  const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
  await store.insert({ ...account, id, nonce, ...signed, earlier: [], signedAtBlock: 1 });
}

beforeAll(async () => {
  anvil = await startAnvil({ chainId: CHAIN_ID, blockSeconds: 0.15 });
  rpc = openRpc(anvil.url, { retries: 0 });
  directory = await mkdtemp(join(tmpdir(), "cairn-sender-"));
  const outcome = await sender(ANVIL_KEY, newStore()).submit("deploy", { data: ECHO_BYTECODE });
  echo = outcome.created as Address;
});
afterAll(async () => {
  for (const one of open) one.close();
  await anvil.stop();
  await rm(directory, { recursive: true });
});

describe("createSender", () => {
  it("sends an id once, however often it is submitted, now and after a restart", async () => {
    const key = await fundedKey();
    const store = newStore();
    const before = await count();
    const first = sender(key, store);
    const [a, b] = await Promise.all([first.submit("one", add()), first.submit("one", add())]);
    expect(a).toEqual(b);
    expect(a.ok).toBe(true);
    expect(await first.submit("one", add())).toEqual(a);
    expect(await sender(key, store).submit("one", add())).toEqual(a);
    expect(await count()).toBe(before + 1);
    const head = await openHeads(rpc).finalized();
    expect(a.block).toBeLessThanOrEqual(head.number);
  });

  it("has many under way at once, in blocks that many share", async () => {
    const key = await fundedKey();
    const before = await count();
    const one = sender(key, newStore(), { maxInFlight: 50 });
    const outcomes = await Promise.all(Array.from({ length: 120 }, (_, i) => one.submit(`n${i}`, add())));
    expect(await count()).toBe(before + 120);
    expect(new Set(outcomes.map(({ transaction }) => transaction)).size).toBe(120);
    // One after the other would take a block each. How many share one hangs on how fast this machine signs them beside the chain's blocks.
    expect(new Set(outcomes.map(({ block }) => block)).size).toBeLessThan(100);
  });

  it("refuses what would revert, decoded, and uses up nothing", async () => {
    const key = await fundedKey();
    const store = newStore();
    const one = sender(key, store);
    await expect(one.submit("low", { to: echo, data: priceTooLow(5n, 9n) })).rejects.toMatchObject({
      code: "reverted",
      message: "the contract refused: price too low (offered 5, floor 9)",
      details: { error: "PriceTooLow", args: { offered: "5", floor: "9" } },
    });
    expect(await store.find({ chainId: CHAIN_ID, sender: one.address }, "low")).toBeUndefined();
    expect(await nonceOf(one.address)).toBe(0);
    expect((await one.submit("low", add())).ok).toBe(true);
    expect(await nonceOf(one.address)).toBe(1);
  });

  it("says what it needs and has", async () => {
    const poor = sender(await fundedKey("0.00001"), newStore());
    await expect(poor.submit("x", add())).rejects.toMatchObject({
      code: "insufficient-funds",
      message: expect.stringMatching(/ has 0\.00001 CAIRN, which is less than 0\.\d+ CAIRN$/),
    });
    const broke = sender(generateKey(), newStore());
    await expect(broke.submit("x", { to: echo, data: "0x", value: 5n })).rejects.toMatchObject({
      code: "insufficient-funds",
    });
    expect(await nonceOf(poor.address)).toBe(0);
  });

  it("raises the fee of what blocks the queue, keeping one nonce", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const cheap = signTransaction(
      add(),
      { chainId: CHAIN_ID, nonce: 0, gas: 100_000n, maxFeePerGas: 7n, maxPriorityFeePerGas: 1n },
      key,
    );
    await store.insert({ ...account, id: "cheap", nonce: 0, ...cheap, earlier: [], signedAtBlock: 1 });
    const before = await count();
    const one = sender(key, store, { replaceSeconds: 0.2 });
    expect(await one.resume()).toBe(1);
    const [first, second] = await Promise.all([one.submit("cheap", add()), one.submit("next", add())]);
    expect([first.ok, second.ok]).toEqual([true, true]);
    expect(first.transaction).not.toBe(cheap.hash);
    expect((await store.find(account, "cheap"))?.earlier).toContain(cheap.hash);
    expect(await count()).toBe(before + 2);
    expect(await nonceOf(one.address)).toBe(2);
  });

  it("sends again what the node forgot", async () => {
    const still = await startAnvil({ chainId: CHAIN_ID });
    const stillRpc = openRpc(still.url);
    const one = sender(ANVIL_KEY, newStore(), { rpc: stillRpc, heads: openHeads(stillRpc), resendSeconds: 0.3 });
    const pooled = async () => (await still.call<{ pending: Hex }>("txpool_status")).pending !== "0x0";
    const outcome = one.submit("forgotten", { to: one.address, data: "0x" });
    await expect.poll(pooled).toBe(true);
    await still.call("anvil_dropAllTransactions");
    await expect.poll(pooled, { timeout: 5000 }).toBe(true);
    await still.call("anvil_mine", "0x5");
    expect((await outcome).ok).toBe(true);
    await still.stop();
  });

  it("signs anew when another program took the nonce", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const fees = { gas: 100_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const ours = signTransaction(add(), { chainId: CHAIN_ID, nonce: 0, ...fees }, key);
    const { number } = await openHeads(rpc).latest();
    await store.insert({ ...account, id: "ours", nonce: 0, ...ours, earlier: [], signedAtBlock: number });
    const theirs = signTransaction(
      { to: addressOfKey(key), data: "0x" },
      { chainId: CHAIN_ID, nonce: 0, ...fees },
      key,
    );
    await rpc.request("eth_sendRawTransaction", [theirs.raw]);
    while ((await nonceOf(account.sender)) === 0) await new Promise((r) => setTimeout(r, 30));
    const before = await count();
    const outcome = await sender(key, store).submit("ours", add());
    expect(outcome.ok).toBe(true);
    expect(await count()).toBe(before + 1);
    const kept = await store.find(account, "ours");
    expect(kept?.nonce).toBe(1);
    expect(kept?.hash).toBe(outcome.transaction);
  });

  it("does not guess about a transaction that is older than the node's receipts", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const fees = { gas: 100_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const old = signTransaction(add(), { chainId: CHAIN_ID, nonce: 0, ...fees }, key);
    await store.insert({ ...account, id: "old", nonce: 0, ...old, earlier: [], signedAtBlock: -5000 });
    await sender(key, newStore()).submit("other", add());
    await expect(sender(key, store).submit("old", add())).rejects.toMatchObject({ code: "transaction-unknown" });
  });

  it("tells what a mined transaction was refused for", async () => {
    const key = await fundedKey();
    const store = newStore();
    await insertDoomed(key, store, "doomed", 0);
    const one = sender(key, store);
    expect(await one.submit("doomed", add())).toMatchObject({
      ok: false,
      revert: "price too low (offered 1, floor 2)",
    });
  });

  it("tries anew what was mined in vain, now and after a restart, until it has its effect", async () => {
    const key = await fundedKey();
    const store = newStore();
    await insertDoomed(key, store, "doomed", 0);
    const before = await count();
    const one = sender(key, store);
    expect(await one.submit("doomed", add())).toMatchObject({ ok: false });
    // What is refused now is not sent, and uses nothing up.
    await expect(one.submit("doomed", { to: echo, data: priceTooLow(1n, 2n) })).rejects.toMatchObject({
      code: "reverted",
    });
    const outcome = await sender(key, store).submit("doomed", add());
    expect(outcome.ok).toBe(true);
    expect(await one.submit("doomed", add())).toEqual(outcome);
    expect(await count()).toBe(before + 1);
    expect(await nonceOf(addressOfKey(key))).toBe(2);
  });

  it("stops trying what was mined in vain four times", async () => {
    const key = await fundedKey();
    const store = newStore();
    for (const [nonce, id] of ["doomed", "doomed#2", "doomed#3", "doomed#4"].entries()) {
      await insertDoomed(key, store, id, nonce);
    }
    const one = sender(key, store);
    await one.resume();
    await one.idle();
    expect(await one.submit("doomed", add())).toMatchObject({ ok: false });
    expect(await nonceOf(addressOfKey(key))).toBe(4);
  });

  it("gives more gas to what had too little", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const fees = { gas: 22_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const hungry = signTransaction(add(), { chainId: CHAIN_ID, nonce: 0, ...fees }, key);
    await store.insert({ ...account, id: "hungry", nonce: 0, ...hungry, earlier: [], signedAtBlock: 1 });
    const before = await count();
    const outcome = await sender(key, store).submit("hungry", add());
    expect(outcome.ok).toBe(true);
    expect(await count()).toBe(before + 1);
    expect(await nonceOf(account.sender)).toBe(2);
  });

  it("has exactly one effect whatever instant it dies at", async () => {
    const before = await count();
    /** Run until the given number of steps was made, then as after a restart; whether it came to its end before. */
    async function dieAfter(steps: number): Promise<boolean> {
      const key = await fundedKey();
      const store = newStore();
      const { dying } = mortality(steps);
      const mortalRpc = dying(rpc);
      const mortal = sender(key, dying(store), {
        rpc: mortalRpc,
        heads: openHeads(mortalRpc),
        patienceSeconds: 0,
        pollMilliseconds: 250,
      });
      const survived = await mortal.submit("id", add()).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe("dead");
          return false;
        },
      );
      mortal.close();
      expect((await sender(key, store).submit("id", add())).ok).toBe(true);
      expect(await nonceOf(addressOfKey(key))).toBe(1);
      return survived;
    }
    let runs = 0;
    for (let done = false; !done; ) {
      const survived = await Promise.all(Array.from({ length: 16 }, (_, i) => dieAfter(runs + i)));
      runs += survived.length;
      done = survived.every(Boolean);
    }
    expect(runs).toBeGreaterThan(30);
    expect(await count()).toBe(before + runs);
  });

  it("loses and repeats nothing when its process is killed again and again", async () => {
    const task: SubmitMany = {
      url: anvil.url,
      chainId: CHAIN_ID,
      key: await fundedKey(),
      directory: join(directory, "killed"),
      to: echo,
      ids: Array.from({ length: 40 }, (_, i) => `killed${i}`),
    };
    const before = await count();
    const saved = async () =>
      (await readdir(task.directory, { recursive: true }).catch(() => [])).filter(isRecord).length;
    for (const records of [1, 6, 15, 25, 40]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, "testing/submit-many-process.ts")], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      child.stdin.end(JSON.stringify(task));
      const ended = once(child, "exit");
      while ((await saved()) < records) await new Promise((resolve) => setTimeout(resolve, 2));
      child.kill("SIGKILL");
      expect((await ended)[1]).toBe("SIGKILL");
    }
    await submitMany(task);
    expect(await count()).toBe(before + task.ids.length);
    expect(await nonceOf(addressOfKey(task.key))).toBe(task.ids.length);
  });

  it("shares a key with another process over one database, and sends what that one only saved", async () => {
    const database = await testDatabase({ migrations: [OUTGOING_MIGRATIONS] });
    const key = await fundedKey();
    const open2 = () => sender(key, postgresOutgoingStore(database.pool), { resendSeconds: 0.3 });
    const before = await count();
    const [one, two] = [open2(), open2()];
    const ids = Array.from({ length: 24 }, (_, i) => `shared${i}`);
    const [ofOne, ofTwo] = await Promise.all(
      [one, two].map((each) => Promise.all(ids.map((id) => each.submit(id, add())))),
    );
    expect(ofOne).toEqual(ofTwo);
    expect(await count()).toBe(before + ids.length);

    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const fees = { gas: 100_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const nonce = await nonceOf(account.sender);
    const unsent = signTransaction(add(), { chainId: CHAIN_ID, nonce, ...fees }, key);
    const store = postgresOutgoingStore(database.pool);
    await store.insert({ ...account, id: "unsent", nonce, ...unsent, earlier: [], signedAtBlock: 1 });
    expect((await two.submit("later", add())).ok).toBe(true);
    expect(await count()).toBe(before + ids.length + 2);
    one.close();
    two.close();
    await database.drop();
  });

  it("tells those who wait when the chain is gone, and goes on when it is back", async () => {
    const key = await fundedKey();
    const store = newStore();
    let down = false;
    const flaky: Rpc = {
      ...rpc,
      request: (method, params) => (down ? openRpc("http://127.0.0.1:9", { retries: 0 }) : rpc).request(method, params),
    };
    const one = sender(key, store, { rpc: flaky, patienceSeconds: 0.2 });
    const before = await count();
    const save = store.insert.bind(store);
    store.insert = async (transaction) => {
      const stored = await save(transaction);
      down = true;
      return stored;
    };
    await expect(one.submit("x", add())).rejects.toMatchObject({ code: "chain-unreachable" });
    store.insert = save;
    down = false;
    expect((await one.submit("x", add())).ok).toBe(true);
    expect(await count()).toBe(before + 1);
  });

  it("reads back what it signed", () => {
    const envelope = { chainId: 5, nonce: 6, gas: 7n, maxFeePerGas: 8n, maxPriorityFeePerGas: 3n };
    const call = { to: `0x${"ab".repeat(20)}` as Hex, data: "0x1234" as Hex, value: 9n };
    expect(readTransaction(signTransaction(call, envelope, ANVIL_KEY).raw)).toEqual({ call, envelope });
    const creation = { data: ECHO_BYTECODE };
    const zero = { ...envelope, nonce: 0, maxPriorityFeePerGas: 0n };
    expect(readTransaction(signTransaction(creation, zero, ANVIL_KEY).raw)).toEqual({
      call: { ...creation, value: 0n },
      envelope: zero,
    });
  });
});

describe("createSender of a key that two processes sign with", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ migrations: [OUTGOING_MIGRATIONS] });
  });
  afterAll(async () => {
    for (const one of open.splice(0)) one.close();
    await database.drop();
  });

  /** Two senders over one store, of which one at a time has the turn. */
  function pair(key: Hex, store: OutgoingStore, change: Partial<SenderOptions> = {}) {
    let whose: "one" | "other" | undefined = "one";
    const of = (name: "one" | "other") =>
      sender(key, store, { ...change, turn: { isOurs: async () => whose === name } });
    return {
      one: of("one"),
      other: of("other"),
      give(name: "one" | "other" | undefined) {
        whose = name;
      },
    };
  }

  it("gives each transaction one nonce and one effect, whoever submits it", async () => {
    const key = await fundedKey();
    const before = await count();
    const { one, other } = pair(key, postgresOutgoingStore(database.pool));
    const ids = Array.from({ length: 12 }, (_, i) => `many ${i}`);
    const outcomes = await Promise.all([
      ...ids.map((id) => one.submit(id, add())),
      ...ids.map((id) => other.submit(id, add())),
    ]);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(outcomes.slice(0, 12)).toEqual(outcomes.slice(12));
    expect(await count()).toBe(before + 12);
    expect(await nonceOf(one.address)).toBe(12);
  });

  it("looks after what the other saved and did not live to send", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
    const left = signTransaction(add(), { chainId: CHAIN_ID, nonce: 0, gas: 100_000n, ...fees }, key);
    await store.insert({ ...account, id: "left", nonce: 0, ...left, earlier: [], signedAtBlock: 1 });
    const before = await count();
    const { give } = pair(key, store);
    give("other");
    await expect.poll(count, { timeout: 20_000 }).toBe(before + 1);
    await expect.poll(async () => (await store.find(account, "left"))?.outcome?.ok, { timeout: 20_000 }).toBe(true);
  });

  it("does nothing about what was sent while it is another's turn, and learns how that ended", async () => {
    const key = await fundedKey();
    const store = newStore();
    const account = { chainId: CHAIN_ID, sender: addressOfKey(key) };
    const cheap = signTransaction(
      add(),
      { chainId: CHAIN_ID, nonce: 0, gas: 100_000n, maxFeePerGas: 7n, maxPriorityFeePerGas: 1n },
      key,
    );
    await store.insert({ ...account, id: "cheap", nonce: 0, ...cheap, earlier: [], signedAtBlock: 1 });
    const { other, give } = pair(key, store, { replaceSeconds: 0 });
    give(undefined);
    const waiting = other.submit("cheap", add());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await store.find(account, "cheap"))?.hash).toBe(cheap.hash);
    expect(await nonceOf(other.address)).toBe(0);
    give("one");
    const outcome = await waiting;
    expect(outcome.ok).toBe(true);
    expect((await store.find(account, "cheap"))?.outcome).toEqual(outcome);
  });
});
