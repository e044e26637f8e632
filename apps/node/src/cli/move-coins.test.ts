import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKey } from "@cairn/chain";
import { addressOfKey } from "@cairn/protocol";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkMove, moveCoins } from "./move-coins.ts";

const COIN = 10n ** 18n;

describe("a move of coins", () => {
  it("is refused before anything is made for it where something is missing", () => {
    expect(checkMove("deposit", COIN, undefined)).toEqual({ action: "deposit", amount: COIN });
    const to = "0xd388ab098ed3e84c0d808776440b48f685198498";
    for (const text of [to, to.toUpperCase().replace("X", "x"), "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy"])
      expect(checkMove("send", COIN, text)).toEqual({ action: "send", amount: COIN, to });
    expect(() => checkMove("send", COIN, "0x12")).toThrowError(expect.objectContaining({ code: "bad-address" }));
    for (const [action, amount, to, named] of [
      ["deposit", undefined, undefined, "the amount is missing"],
      ["deposit", 0n, undefined, "deposit of 0 coins moves nothing"],
      ["send", COIN, undefined, "the address to send to is missing"],
    ] as const) {
      expect(() => checkMove(action, amount, to)).toThrowError(
        expect.objectContaining({ code: "bad-input", message: named }),
      );
    }
  });
});

describe("a move of coins where there is a faucet", () => {
  const key = generateKey();
  const account = { wallet: { key, address: addressOfKey(key) } } as never;
  const network = { faucet: true, deployment: { chainId: 26170, deals: `0x${"1".repeat(40)}` } } as never;
  let chain: Server;
  const directory = mkdtempSync(join(tmpdir(), "cairn-move-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  let called: string[];
  let said: string[];
  let coins: bigint;
  beforeEach(async () => {
    [called, said, coins] = [[], [], 0n];
    // It gives coins, and knows nothing else.
    chain = createServer(async (request, response) => {
      const asked = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)));
    });
    await new Promise<void>((resolve) => chain.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => void chain.close());

  function answer({ id, method }: { id: number; method: string }) {
    called.push(method);
    if (method === "cairn_faucet") coins = 10n * COIN;
    const known = ["cairn_faucet", "eth_getBalance"].includes(method);
    const said = known ? { result: `0x${coins.toString(16)}` } : { error: { code: -32601, message: "unknown" } };
    return { jsonrpc: "2.0", id, ...said };
  }

  const session = () =>
    ({
      client: { account: async () => ({ balance: String(COIN), coins: String(coins) }) },
      gateway: { chainUrl: `http://127.0.0.1:${(chain.address() as AddressInfo).port}` },
      home: { account: directory },
      output: { say: (line: string) => void said.push(line) },
    }) as never;

  it.each([
    { action: "deposit", amount: 50n * COIN, next: "the faucet gives 10 CAIRN" },
    { action: "withdraw", amount: 2n * COIN, next: "Withdraw less" },
    {
      action: "send",
      to: `0x${"2".repeat(40)}`,
      amount: 10n * COIN + COIN / 2n,
      next: "out of the deposit with `cairn wallet withdraw`",
    },
  ] as const)("does not ask it for a $action that it could not make possible", async ({ next, ...move }) => {
    await expect(moveCoins(session(), network, account, move)).rejects.toMatchObject({
      code: "insufficient-funds",
      next: expect.stringContaining(next),
    });
    expect(called).toEqual([]);
    expect(said).toEqual([]);
  });

  it("says what it gave", async () => {
    const move = { action: "deposit", amount: 5n * COIN } as const;
    await expect(moveCoins(session(), network, account, move)).rejects.toMatchObject({ code: "chain-refused" });
    expect(said).toEqual(["The faucet gave 10 CAIRN to the account's address."]);
    expect(called).toContain("cairn_faucet");
  });
});
