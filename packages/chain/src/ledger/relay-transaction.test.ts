import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address, Hex } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openHeads } from "./heads.ts";
import { openWalletChain, type WalletChain } from "./relay-transaction.ts";
import { openRpc, type Rpc } from "./rpc.ts";

const WALLET: Address = `0x${"aa".repeat(20)}`;
const DEALS: Address = `0x${"dd".repeat(20)}`;
const BLAKE2F: Address = "0x0000000000000000000000000000000000000009";
/** EIP-152 with 5,800,000 rounds: ten seconds of a thread that runs calls. */
const ROUNDS: Hex = `0x00588040${"00".repeat(208)}01`;
const BLOCK = { number: "0x1", hash: `0x${"1".repeat(64)}`, timestamp: "0x1", gasLimit: "0x5b8d80" };

interface Asked {
  id: number;
  method: string;
  params: Record<string, unknown>[];
}
type Refusal = { code: number; message: string };

/** Every request that reached the node, and how it answers an estimate. */
let asked: Asked[];
let estimate: (call: Record<string, unknown>) => Promise<Hex | Refusal>;
const node = createServer(async (request, response) => {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Asked | Asked[];
  const answers = await Promise.all(
    [body].flat().map(async ({ id, method, params }) => {
      asked.push({ id, method, params });
      const found =
        method === "eth_estimateGas" ? await estimate(params[0]!) : method === "eth_getBlockByNumber" ? BLOCK : "0xff";
      return {
        jsonrpc: "2.0",
        id,
        ...(typeof found === "object" && "code" in found ? { error: found } : { result: found }),
      };
    }),
  );
  response
    .setHeader("content-type", "application/json")
    .end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
});

let rpc: Rpc;
let forOthers: WalletChain;
beforeAll(async () => {
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  rpc = openRpc(`http://127.0.0.1:${(node.address() as AddressInfo).port}`);
  forOthers = openWalletChain({ rpc, heads: openHeads(rpc), chainId: 1, abi: [], contracts: [DEALS] });
});
afterAll(async () => {
  await rpc.close();
  node.closeAllConnections();
  node.close();
});
beforeEach(() => {
  asked = [];
  estimate = async () => "0x5208";
});
const methods = () => asked.map(({ method }) => method);
const tried = () => asked.filter(({ method }) => method === "eth_estimateGas" || method === "eth_call");

it("tries no call of others but of the contracts that are named: nothing reaches the node", async () => {
  await expect(forOthers.fees(WALLET, { to: BLAKE2F, data: ROUNDS })).rejects.toMatchObject({ code: "bad-request" });
  await expect(forOthers.fees(WALLET, { data: ROUNDS })).rejects.toMatchObject({ code: "bad-request" });
  const addresses = fc.stringMatching(/^[0-9a-fA-F]{40}$/).map((hex) => `0x${hex}` as Address);
  const data = fc.stringMatching(/^([0-9a-f]{2}){1,40}$/).map((hex) => `0x${hex}` as Hex);
  await fc.assert(
    fc.asyncProperty(addresses, data, async (to, data) => {
      await expect(forOthers.fees(WALLET, { to, data })).rejects.toMatchObject({ code: "bad-request" });
    }),
    { numRuns: 30 },
  );
  expect(methods()).toEqual([]);
});

it("gives them little gas, and a payment, which runs the code of whom it pays, the least", async () => {
  const upper = `0x${"DD".repeat(20)}` as Address;
  expect(await forOthers.fees(WALLET, { to: upper, data: "0x3ccfd60b" })).toMatchObject({ gas: 21_000n });
  await forOthers.fees(WALLET, { to: BLAKE2F, data: "0x", value: 5n });
  expect(tried().map(({ params }) => Number(params[0]!.gas))).toEqual([1_500_000, 150_000]);
});

it("runs them once, whatever the node answers", async () => {
  for (const message of ["the call took longer than 10 s", "execution reverted", "internal error"]) {
    asked = [];
    // -32005 is what viem repeats.
    estimate = async () => ({ code: message.includes("longer") ? -32005 : 3, message });
    await expect(forOthers.fees(WALLET, { to: DEALS, data: "0x00" })).rejects.toMatchObject({
      code: message.includes("revert") ? "reverted" : "simulation-failed",
    });
    expect(tried().map(({ method }) => method)).toEqual(["eth_estimateGas"]);
  }
});

it("runs one of them at a time", async () => {
  let [now, most] = [0, 0];
  estimate = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 2));
    now--;
    return "0x5208";
  };
  await Promise.all(Array.from({ length: 16 }, () => forOthers.fees(WALLET, { to: DEALS, data: "0x00" })));
  expect([most, tried().length]).toEqual([1, 16]);
});

it("tries any call at a node of one's own, and asks for the reason of a refusal", async () => {
  const own = openWalletChain({ rpc, heads: openHeads(rpc), chainId: 1, abi: [] });
  estimate = async () => ({ code: -32000, message: "no" });
  await expect(own.fees(WALLET, { to: BLAKE2F, data: ROUNDS })).rejects.toMatchObject({ code: "simulation-failed" });
  expect(tried().map(({ method, params }) => [method, params[0]!.gas])).toEqual([
    ["eth_estimateGas", undefined],
    ["eth_call", undefined],
  ]);
});
