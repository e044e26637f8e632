import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundryBinary } from "./testing/anvil.ts";
import { compileProbe } from "./testing/compile-probe.ts";
import { RICH, RICH_KEY } from "./testing/probe-chain.ts";
import { FAUCET, startTestChain, type TestChain } from "./testing/start-test-chain.ts";

const run = promisify(execFile);

describe("cast as the client", () => {
  let running: TestChain;
  let contract: string;

  async function cast(...args: string[]): Promise<string> {
    const environment = { ...process.env, ETH_RPC_URL: running.chain.url, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1" };
    return (await run(foundryBinary("cast"), args, { env: environment })).stdout.trim();
  }

  async function send(...args: string[]) {
    const output = await cast("send", "--json", "--private-key", RICH_KEY, ...args);
    return JSON.parse(output) as { status: string; contractAddress: string; transactionHash: string; logs: unknown[] };
  }

  beforeAll(async () => {
    running = await startTestChain();
    const sent = await send("--create", `${compileProbe()}${"9".padStart(64, "0")}`);
    expect(sent.status).toBe("0x1");
    contract = sent.contractAddress;
  });

  afterAll(() => running.drop());

  it("sends, calls and reads", async () => {
    expect(await cast("chain-id")).toBe("26170");
    expect(await cast("call", contract, "count()(uint256)")).toBe("9");
    const sent = await send(contract, "increment()");
    expect(sent).toMatchObject({ status: "0x1" });
    expect(sent.logs).toHaveLength(1);
    expect(await cast("call", contract, "count()(uint256)")).toBe("10");
    expect(await cast("storage", contract, "0")).toMatch(/0a$/);
    expect(await cast("nonce", RICH.address)).toBe("2");
    expect(Number(await cast("block-number"))).toBeGreaterThan(0);
    expect(await cast("receipt", sent.transactionHash, "status")).toBe("true");
    expect(await cast("tx", sent.transactionHash, "nonce")).toBe("1");
    expect(await cast("block", "latest", "--field", "gasLimit")).toBe("6000000");
    expect((await cast("logs", "--from-block", "0", "--address", contract)).match(/logIndex/g)).toHaveLength(1);
  });

  it("sends a legacy transaction and plain value", async () => {
    const sent = await send("--legacy", FAUCET.address, "--value", "1ether");
    expect(sent.status).toBe("0x1");
    expect(await cast("balance", FAUCET.address)).toBe("1000001000000000000000000");
    expect(Number(await cast("estimate", contract, "increment()", "--from", RICH.address))).toBeGreaterThan(21_000);
  });

  it("shows why a call reverts", async () => {
    await expect(cast("call", contract, "refuse()")).rejects.toThrow(/not today/);
    await expect(cast("call", contract, "exceed(uint256)", "9")).rejects.toThrow(/revert/);
  });
});
