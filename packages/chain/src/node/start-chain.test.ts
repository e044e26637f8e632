import { describe, expect, it } from "vitest";
import { reached } from "./testing/open-test-node.ts";
import { clientsFor, RICH } from "./testing/probe-chain.ts";
import { startTestChain } from "./testing/start-test-chain.ts";

describe("startChain", () => {
  it("makes blocks and carries a transfer", async () => {
    const running = await startTestChain();
    const { public: reader, wallet } = clientsFor(running.chain.url);
    const to = "0x00000000000000000000000000000000000000aa";
    const hash = await wallet.sendTransaction({ to, value: 5n });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe("success");
    expect(receipt.gasUsed).toBe(21_000n);
    expect(await reader.getBalance({ address: to })).toBe(5n);
    expect(await reader.getTransactionCount({ address: RICH.address })).toBe(1);
    await running.drop();
  });

  it("makes a block for work at once, a second one after it, and no more until the heartbeat", async () => {
    const running = await startTestChain({ heartbeatSeconds: 3600 });
    const { node, url } = running.chain;
    const { public: reader, wallet } = clientsFor(url);
    await reached(node, 1);
    const hash = await wallet.sendTransaction({ to: RICH.address, value: 1n });
    await reached(node, 3);
    const { blockNumber } = await reader.getTransactionReceipt({ hash });
    expect(blockNumber).toBe(2n);
    const second = await wallet.sendTransaction({ to: RICH.address, value: 1n });
    await reached(node, 5);
    expect((await reader.getTransactionReceipt({ hash: second })).blockNumber).toBe(4n);
    const blocks = await Promise.all([1n, 2n, 3n, 4n, 5n].map((blockNumber) => reader.getBlock({ blockNumber })));
    expect(blocks.map(({ transactions }) => transactions.length)).toEqual([0, 1, 0, 1, 0]);
    for (let i = 1; i < blocks.length; i++) {
      expect(blocks[i]!.timestamp).toBeGreaterThanOrEqual(blocks[i - 1]!.timestamp);
    }
    await running.drop();
  });

  it("goes on at its head's time, and makes no coins, while the clock is an hour behind it", async () => {
    const genesisTime = Math.floor(Date.now() / 1000) + 3600;
    const running = await startTestChain({ genesisTime, emission: true });
    const { node, url } = running.chain;
    const { public: reader, wallet } = clientsFor(url);
    await reached(node, 1);
    const hash = await wallet.sendTransaction({ to: RICH.address, value: 1n });
    const { blockNumber } = await reader.waitForTransactionReceipt({ hash });
    const after = Number(blockNumber) + 2;
    await reached(node, after);
    const numbers = Array.from({ length: after + 1 }, (_, number) => BigInt(number));
    const blocks = await Promise.all(numbers.map((number) => reader.getBlock({ blockNumber: number })));
    expect(new Set(blocks.map(({ timestamp }) => timestamp))).toEqual(new Set([BigInt(genesisTime)]));
    expect(blocks.flatMap(({ withdrawals }) => withdrawals)).toEqual([]);
    const pending = await reader.getBlock({ blockTag: "pending" });
    expect(pending.timestamp).toBe(BigInt(genesisTime));
    await running.drop();
  });
});
