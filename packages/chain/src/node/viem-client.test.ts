import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  getContractAddress,
  type Hex,
  webSocket,
} from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileProbe, PROBE_ABI } from "./testing/compile-probe.ts";
import { clientsFor, RICH, rpc, viemChain } from "./testing/probe-chain.ts";
import { FAUCET, startTestChain, type TestChain } from "./testing/start-test-chain.ts";

const COIN = 10n ** 18n;

describe("viem as the client", () => {
  let running: TestChain;
  let clients: ReturnType<typeof clientsFor>;
  let address: Address;
  let deployedIn: bigint;

  beforeAll(async () => {
    running = await startTestChain();
    clients = clientsFor(running.chain.url);
    const hash = await clients.wallet.deployContract({
      abi: PROBE_ABI,
      bytecode: compileProbe(),
      args: [5n],
      value: COIN,
    });
    const receipt = await clients.public.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: "success", to: null, type: "eip1559" });
    address = receipt.contractAddress as Address;
    deployedIn = receipt.blockNumber;
    expect(address.toLowerCase()).toBe(getContractAddress({ from: RICH.address, nonce: 0n }).toLowerCase());
  });

  afterAll(() => running.drop());

  async function send(functionName: "increment" | "draw"): Promise<Hex> {
    return await clients.wallet.writeContract({ address, abi: PROBE_ABI, functionName });
  }

  it("reads, writes, and reads the past", async () => {
    const reader = clients.public;
    const read = (blockNumber?: bigint) =>
      reader.readContract({
        address,
        abi: PROBE_ABI,
        functionName: "count",
        ...(blockNumber === undefined ? {} : { blockNumber }),
      });
    expect(await read()).toBe(5n);
    const receipt = await reader.waitForTransactionReceipt({ hash: await send("increment") });
    expect(receipt.logs).toHaveLength(1);
    expect(await read()).toBe(6n);
    expect(await read(receipt.blockNumber - 1n)).toBe(5n);
    await expect(read(0n)).rejects.toThrow(/returned no data/);
    expect(await reader.getBalance({ address, blockNumber: deployedIn - 1n })).toBe(0n);
    expect(await reader.getBalance({ address, blockTag: "finalized" })).toBe(COIN);
    expect(await reader.getStorageAt({ address, slot: "0x0" })).toBe(`0x${"6".padStart(64, "0")}`);
    expect((await reader.getCode({ address }))?.length).toBeGreaterThan(100);
    expect(await reader.getCode({ address: RICH.address })).toBeUndefined();
  });

  it("decodes custom errors, reasons and panics from a call and from an estimate", async () => {
    const call = { address, abi: PROBE_ABI, account: RICH.address } as const;
    const errorOf = async (run: Promise<unknown>): Promise<ContractFunctionRevertedError> => {
      const error = await run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const found =
        error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : undefined;
      if (!(found instanceof ContractFunctionRevertedError)) throw new Error(`no revert: ${String(error)}`);
      return found;
    };
    const custom = await errorOf(clients.public.simulateContract({ ...call, functionName: "exceed", args: [9n] }));
    expect(custom.data).toMatchObject({ errorName: "TooMuch", args: [9n, 7n] });
    expect(
      (await errorOf(clients.public.simulateContract({ ...call, functionName: "exceed", args: [9n] }))).data?.errorName,
    ).toBe("TooMuch");
    expect(
      (await errorOf(clients.public.estimateContractGas({ ...call, functionName: "exceed", args: [9n] }))).data
        ?.errorName,
    ).toBe("TooMuch");
    expect((await errorOf(clients.public.simulateContract({ ...call, functionName: "refuse" }))).reason).toBe(
      "not today",
    );
    expect(
      (await errorOf(clients.public.readContract({ ...call, functionName: "overflow", args: [1] }))).reason,
    ).toMatch(/overflow/);
    await expect(clients.public.readContract({ ...call, functionName: "burn" })).rejects.toThrow(/out of gas/);
  });

  it("estimates gas that is enough and not much too much", async () => {
    for (const functionName of ["increment", "clear", "draw"] as const) {
      const gas = await clients.public.estimateContractGas({
        address,
        abi: PROBE_ABI,
        functionName,
        account: RICH.address,
      });
      const hash = await clients.wallet.writeContract({ address, abi: PROBE_ABI, functionName, gas });
      const receipt = await clients.public.waitForTransactionReceipt({ hash });
      expect(receipt.status).toBe("success");
      expect(Number(gas) / Number(receipt.gasUsed)).toBeLessThan(1.4);
    }
    expect(await clients.public.estimateGas({ account: RICH.address, to: FAUCET.address, value: 1n })).toBe(21_000n);
  });

  it("delivers heads and events over a WebSocket", async () => {
    const socket = createPublicClient({
      chain: viemChain(running.chain.url),
      transport: webSocket(running.chain.url.replace("http", "ws")),
    });
    const heads: bigint[] = [];
    const events: { args: { who?: Address | undefined; count?: bigint | undefined } }[] = [];
    const stopHeads = socket.watchBlocks({ onBlock: (block) => heads.push(block.number) });
    const stopEvents = socket.watchContractEvent({
      address,
      abi: PROBE_ABI,
      eventName: "Counted",
      args: { who: RICH.address },
      onLogs: (logs) => events.push(...logs),
    });
    await socket.getBlockNumber();
    const receipt = await clients.public.waitForTransactionReceipt({ hash: await send("increment") });
    await clients.public.waitForTransactionReceipt({ hash: await send("draw") });
    await new Promise((resolve) => setTimeout(resolve, 100));
    stopHeads();
    stopEvents();
    expect(heads).toContain(receipt.blockNumber);
    expect(events).toHaveLength(1);
    expect(events[0]?.args.who).toBe(RICH.address);
    const client = await socket.transport.getRpcClient();
    client.close();
  });

  it("finds events by address, topic and range", async () => {
    const receipt = await clients.public.waitForTransactionReceipt({ hash: await send("increment") });
    const { blockNumber, blockHash } = receipt;
    const filter = { address, event: PROBE_ABI[1] } as const;
    const found = await clients.public.getLogs({ ...filter, fromBlock: blockNumber, toBlock: blockNumber });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      blockHash,
      logIndex: 0,
      transactionHash: receipt.transactionHash,
      removed: false,
    });
    expect(await clients.public.getLogs({ ...filter, blockHash })).toEqual(found);
    expect(await clients.public.getLogs({ ...filter, args: { who: FAUCET.address }, fromBlock: 0n })).toEqual([]);
    expect(
      (await clients.public.getLogs({ ...filter, args: { who: [FAUCET.address, RICH.address] }, fromBlock: 0n }))
        .length,
    ).toBeGreaterThan(0);
    expect(await clients.public.getLogs({ address: RICH.address, fromBlock: 0n })).toEqual([]);
    expect(await clients.public.getLogs({ ...filter, fromBlock: blockNumber + 1_000n })).toEqual([]);
  });

  it("gives contracts this block's randomness, validator and parent, and keeps them in its header", async () => {
    const receipt = await clients.public.waitForTransactionReceipt({ hash: await send("draw") });
    const block = await clients.public.getBlock({ blockNumber: receipt.blockNumber, includeTransactions: true });
    const [event] = await clients.public.getContractEvents({
      address,
      abi: PROBE_ABI,
      eventName: "Random",
      blockHash: block.hash,
    });
    expect(event?.args).toMatchObject({ value: BigInt(block.mixHash), parent: block.parentHash });
    expect(event?.args.coinbase?.toLowerCase()).toBe(block.miner.toLowerCase());
    expect(block.transactions[0]).toMatchObject({
      hash: receipt.transactionHash,
      from: RICH.address.toLowerCase(),
      transactionIndex: 0,
    });
    expect(await clients.public.getTransaction({ hash: receipt.transactionHash })).toEqual({
      ...block.transactions[0],
      blockNumber: block.number,
    });
    expect(await clients.public.getBlock({ blockHash: block.hash, includeTransactions: true })).toEqual(block);
  });

  it("finds the accounts that internal calls touched", async () => {
    const to = `0x${"77".repeat(20)}` as const;
    const hash = await clients.wallet.writeContract({ address, abi: PROBE_ABI, functionName: "pay", args: [to, 123n] });
    await clients.public.waitForTransactionReceipt({ hash });
    expect((await running.chain.node.store.account(Buffer.from(to.slice(2), "hex")))?.balance).toBe(123n);
  });

  it("names fees, history and the pending nonce", async () => {
    const { public: reader } = clients;
    expect(await reader.getGasPrice()).toBe(1_000_000_000n);
    expect(await reader.estimateFeesPerGas()).toMatchObject({ maxPriorityFeePerGas: 0n });
    const history = await reader.getFeeHistory({ blockCount: 3, rewardPercentiles: [50] });
    expect(history.baseFeePerGas).toEqual(Array(4).fill(1_000_000_000n));
    const nonce = await reader.getTransactionCount({ address: RICH.address });
    const hash = await send("increment");
    expect(await reader.getTransactionCount({ address: RICH.address, blockTag: "pending" })).toBe(nonce + 1);
    expect((await reader.getTransaction({ hash })).blockNumber).toBeNull();
    await reader.waitForTransactionReceipt({ hash });
  });

  it("gives from the faucet up to the cap, and knows it after the fact", async () => {
    const to = `0x${"88".repeat(20)}` as const;
    const drip = (amount?: bigint) =>
      rpc(running.chain.url, "cairn_faucet", [to, ...(amount === undefined ? [] : [`0x${amount.toString(16)}`])]);
    const first = await drip(4n * COIN);
    expect((await drip(7n * COIN)).error?.message).toMatch(/6 CAIRN are left/);
    await clients.public.waitForTransactionReceipt({ hash: first.result as Hex });
    expect((await drip(7n * COIN)).error?.code).toBe(-32005);
    const rest = await drip();
    await clients.public.waitForTransactionReceipt({ hash: rest.result as Hex });
    expect(await clients.public.getBalance({ address: to })).toBe(10n * COIN);
    expect((await drip(1n)).error?.message).toMatch(/; 0 CAIRN are left/);
  });
});
