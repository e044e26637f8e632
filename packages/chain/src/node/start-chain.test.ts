import { describe, expect, it } from "vitest";
import { clientsFor, RICH } from "./testing/probe-chain.ts";
import { startTestChain } from "./testing/start-test-chain.ts";

describe("startChain", () => {
  it("makes a block every slot and carries a transfer", async () => {
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
});
