import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial } from "node:net";
import { OUTGOING_MIGRATIONS, openRpc } from "@cairn/chain";
import { ANVIL_KEY, type Anvil, startAnvil } from "@cairn/chain/testing";
import { PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fundingTable, type Need, waitForCoins } from "./chain-funding.ts";
import { type OpenChainOptions, openChain } from "./open-chain.ts";
import { mineWhatWaits } from "./testing/mine-what-waits.ts";

const CHAIN_ID = 31_337;
const key = (digit: string) => {
  const secret: Hex = `0x${digit.repeat(64)}`;
  return { key: secret, address: addressOfKey(secret).toLowerCase() as Hex };
};
const EXECUTOR = key("a");
const VERIFIERS = ["b", "c", "d"].map(key);

/** Coins from anvil's own account. */
async function send(anvil: Anvil, to: Hex, value: bigint): Promise<void> {
  const from = privateKeyToAccount(ANVIL_KEY).address;
  await anvil.call("eth_sendTransaction", { from, to, value: `0x${value.toString(16)}` });
}

describe("a new home on somebody else's chain", () => {
  let anvil: Anvil;
  let database: TestDatabase;
  let stopMining: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID, slotsInEpoch: 32 });
    database = await testDatabase({ migrations: [OUTGOING_MIGRATIONS] });
  });
  afterAll(async () => {
    await stopMining?.();
    await database.drop();
    await anvil.stop();
  });

  const open = (said: string[], known?: { chainId: number; deals: Hex }, others: Partial<OpenChainOptions> = {}) =>
    openChain({
      pool: database.pool,
      chainUrl: anvil.url,
      profile: PROFILES.local,
      keys: { executor: EXECUTOR, verifiers: VERIFIERS, validator: undefined },
      known,
      say: (line) => said.push(line),
      ...others,
    });

  it("lists what needs coins, takes all to one address, and serves before anything is final", async () => {
    stopMining = mineWhatWaits(anvil);
    const said: string[] = [];
    const opening = open(said);
    await expect.poll(() => said.some((line) => line.startsWith("waiting for coins")), { timeout: 60_000 }).toBe(true);
    const table = said.find((line) => line.includes("need coins")) ?? "";
    for (const { address } of [EXECUTOR, ...VERIFIERS]) expect(table).toContain(address);
    const total = /or all ([\d.]+) to the first/.exec(table)?.[1] ?? "";
    await send(anvil, EXECUTOR.address, BigInt(Math.round(Number(total) * 1e6)) * 10n ** 12n);
    const chain = await opening;
    expect(said.filter((line) => line.startsWith("deploying"))).toHaveLength(3);
    expect(Number((await anvil.call<{ number: Hex }>("eth_getBlockByNumber", "finalized", false)).number)).toBe(0);
    for (const { address } of VERIFIERS) {
      expect(BigInt(await anvil.call<Hex>("eth_getBalance", address, "latest"))).toBeGreaterThan(0n);
    }
    await anvil.call("anvil_mine", "0x50");
    await chain.final;
    await chain.executor.stop();
  });

  it("finds its contracts again without a deployment file, and asks for nothing", async () => {
    const said: string[] = [];
    const chain = await open(said);
    await chain.final;
    expect(said.filter((line) => /coins|deploying/.test(line))).toEqual([]);
    await chain.executor.stop();
  });

  it("leaves no connection open where registering the verifiers fails", async () => {
    const proxy = createServer((near) => {
      const far = dial(Number(new URL(anvil.url).port), "127.0.0.1");
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const connections = () => new Promise<number>((resolve) => proxy.getConnections((_, count) => resolve(count)));
    const opening = open([], undefined, {
      chainUrl: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      say(line) {
        if (line === "registering the verifiers") throw new Error("a failure at that step");
      },
    });
    await expect(opening).rejects.toThrow("a failure at that step");
    await expect.poll(connections, { timeout: 20_000 }).toBe(0);
    proxy.close();
  });

  it("refuses another chain than its own before it does anything", async () => {
    await expect(open([], { chainId: 1, deals: EXECUTOR.address })).rejects.toMatchObject({
      code: "wrong-chain",
      message: expect.stringContaining("belongs to chain 1"),
    });
  });
});

describe("waiting for coins", () => {
  it("tells what is missing whenever that changes, for as long as it takes", async () => {
    const anvil = await startAnvil({ chainId: CHAIN_ID, blockSeconds: 1 });
    const rpc = openRpc(anvil.url);
    const needs: Need[] = [
      { name: "gateway", address: EXECUTOR.address, amount: 10n ** 18n },
      { name: "verifier 1", address: VERIFIERS[0]?.address as Hex, amount: 10n ** 17n },
    ];
    const said: string[] = [];
    const waiting = waitForCoins(
      { rpc, chainId: CHAIN_ID, needs, say: (line) => said.push(line), pollMilliseconds: 20 },
      (wallets) => wallets.every(({ have, amount }) => have >= amount),
    );
    for (const { address, amount } of needs) {
      const before = said.length;
      await expect.poll(() => said.length, { timeout: 30_000 }).toBeGreaterThan(Math.max(1, before - 1));
      await anvil.call("anvil_setBalance", address, `0x${amount.toString(16)}`);
    }
    await waiting;
    expect(said[0]).toBe(
      fundingTable(
        needs.map((need) => ({ ...need, have: 0n })),
        CHAIN_ID,
      ),
    );
    expect(said[1]).toBe("waiting for coins: gateway has 0 of 1, verifier 1 has 0 of 0.1");
    await rpc.close();
    await anvil.stop();
  });
});
