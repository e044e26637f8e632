import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestChain, type TestChain } from "../node/testing/start-test-chain.ts";
import { askFaucet, FAUCET_GIFT } from "./ask-faucet.ts";
import { openRpc } from "./rpc.ts";

let generous: TestChain;
let plain: TestChain;
beforeAll(async () => {
  [generous, plain] = await Promise.all([startTestChain(), startTestChain({ faucet: undefined } as never)]);
});
afterAll(() => Promise.all([generous?.drop(), plain?.drop()]));

async function coinsOf(url: string, address: string): Promise<bigint> {
  const rpc = openRpc(url);
  try {
    return BigInt(await rpc.request<string>("eth_getBalance", [address, "latest"]));
  } finally {
    await rpc.close();
  }
}

it("has an address that has no coins given some, once, where the chain has a faucet", async () => {
  const address = privateKeyToAddress(generatePrivateKey());
  const { url } = generous.chain;
  expect(await askFaucet(url, address)).toBe(FAUCET_GIFT);
  const coins = await coinsOf(url, address);
  expect(coins).toBe(FAUCET_GIFT);
  expect(await askFaucet(url, address)).toBe(0n);
  expect(await coinsOf(url, address)).toBe(coins);
});

it("leaves an address without coins where it has none", async () => {
  const address = privateKeyToAddress(generatePrivateKey());
  expect(await askFaucet(plain.chain.url, address)).toBe(0n);
  expect(await coinsOf(plain.chain.url, address)).toBe(0n);
});
