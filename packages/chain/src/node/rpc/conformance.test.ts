import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "../testing/anvil.ts";
import { compileProbe, PROBE_ABI } from "../testing/compile-probe.ts";
import { clientsFor, RICH, rpc } from "../testing/probe-chain.ts";
import { startTestChain, type TestChain } from "../testing/start-test-chain.ts";

/** The rules of the Ethereum execution API (ethereum/execution-apis), EIP-234, EIP-1474 and EIP-1898, one row each. */

const INVALID = -32602;
const NOBODY = `0x${"99".repeat(20)}`;
const NO_HASH = `0x${"00".repeat(32)}`;
const FAR = "0xffffff";
/** 0x5b600056: JUMPDEST, PUSH 0, JUMP. */
const ENDLESS = { data: "0x5b600056" };

interface Row {
  what: string;
  method: string;
  params: unknown[];
  /** An error code, with words of the message; or the result. */
  expected: { code: number; message?: RegExp } | { result: unknown };
  /** Whether anvil, too, answers with an error, or with this very result. */
  asAnvil?: boolean;
}

const bad = (what: string, method: string, params: unknown[], message: RegExp, asAnvil = false): Row => ({
  what,
  method,
  params,
  expected: { code: INVALID, message },
  asAnvil,
});
const gives = (what: string, method: string, params: unknown[], result: unknown, asAnvil = false): Row => ({
  what,
  method,
  params,
  expected: { result },
  asAnvil,
});

const ROWS: Row[] = [
  bad("a quantity with leading zeros", "eth_getBlockByNumber", ["0x01", false], /quantity/),
  bad("a quantity without digits", "eth_getBlockByNumber", ["0x", false], /quantity/, true),
  bad("a quantity as a number", "eth_getBlockByNumber", [1, false], /quantity/),
  bad("a quantity in decimal", "eth_getBlockByNumber", ["12", false], /quantity/),
  bad("a quantity with a capital X", "eth_getBlockByNumber", ["0X1", false], /quantity/),
  bad("a height of 65 digits", "eth_getBlockByNumber", [`0x1${"0".repeat(64)}`, false], /quantity/, true),
  bad("a height beyond 2^53", "eth_getBlockByNumber", ["0xffffffffffffffff", false], /too large/),
  bad("an unknown tag", "eth_getBlockByNumber", ["newest", false], /latest, safe/, true),
  bad("a flag that is none", "eth_getBlockByNumber", ["latest", "yes"], /full must be true or false/, true),
  bad("a hash of 31 bytes", "eth_getBlockByHash", [`0x${"00".repeat(31)}`, false], /32 bytes/, true),
  bad("a missing argument", "eth_getBlockByHash", [], /missing value for required argument 0/, true),
  bad("one argument too many", "eth_chainId", ["latest"], /too many arguments, want at most 0/),
  bad("an address of 19 bytes", "eth_getBalance", [`0x${"99".repeat(19)}`, "latest"], /address must be 20 bytes/, true),
  bad("an address without 0x", "eth_getBalance", ["99".repeat(20), "latest"], /0x/),
  bad("bytes with an odd digit", "eth_call", [{ to: NOBODY, data: "0x123" }, "latest"], /data must be/, true),
  gives("a block past the head", "eth_getBlockByNumber", [FAR, false], null, true),
  gives("a block that is not there", "eth_getBlockByHash", [NO_HASH, false], null, true),
  gives("the count of a block past the head", "eth_getBlockTransactionCountByNumber", [FAR], null, true),
  gives("receipts of a block past the head", "eth_getBlockReceipts", [FAR], null),
  gives("a transaction of a block past the head", "eth_getTransactionByBlockNumberAndIndex", [FAR, "0x0"], null, true),
  gives("a transaction past a block's last", "eth_getTransactionByBlockNumberAndIndex", ["0x0", "0x9"], null, true),
  gives("a transaction that is not there", "eth_getTransactionByHash", [NO_HASH], null, true),
  gives("a receipt that is not there", "eth_getTransactionReceipt", [NO_HASH], null, true),
  {
    what: "the state past the head",
    method: "eth_getBalance",
    params: [NOBODY, FAR],
    expected: { code: -32001, message: /header not found/ },
    asAnvil: true,
  },
  {
    what: "the state of a block that is not there (EIP-1898)",
    method: "eth_getBalance",
    params: [NOBODY, { blockHash: NO_HASH, requireCanonical: true }],
    expected: { code: -32001, message: /header not found/ },
    asAnvil: true,
  },
  gives("the state at a height as an object", "eth_getBalance", [NOBODY, { blockNumber: "0x0" }], "0x0", true),
  bad(
    "hash and height at once (EIP-1898)",
    "eth_getBalance",
    [NOBODY, { blockNumber: "0x0", blockHash: NO_HASH }],
    /either blockHash or blockNumber/,
    true,
  ),
  bad("neither hash nor height", "eth_getBalance", [NOBODY, {}], /either blockHash or blockNumber/, true),
  gives("a slot with leading zeros", "eth_getStorageAt", [NOBODY, NO_HASH, "latest"], NO_HASH, true),
  gives("a slot as a quantity", "eth_getStorageAt", [NOBODY, "0x0", "latest"], NO_HASH, true),
  bad("a slot of 33 bytes", "eth_getStorageAt", [NOBODY, `0x${"00".repeat(33)}`, "latest"], /64 hex digits/),

  bad("logs from after to", "eth_getLogs", [{ fromBlock: "0x1", toBlock: "0x0" }], /fromBlock 1 is after toBlock 0/),
  bad("logs of a hash and a range (EIP-234)", "eth_getLogs", [{ blockHash: NO_HASH, toBlock: "0x1" }], /excludes/),
  gives("logs from past the head to the head", "eth_getLogs", [{ fromBlock: FAR, toBlock: "latest" }], []),
  gives("logs past the head", "eth_getLogs", [{ fromBlock: FAR, toBlock: "0x1000000" }], []),
  gives("logs of the first block", "eth_getLogs", [{ fromBlock: "0x0", toBlock: "0x0", topics: [null, []] }], [], true),
  {
    what: "logs of a block that is not there",
    method: "eth_getLogs",
    params: [{ blockHash: NO_HASH }],
    expected: { code: -32001 },
  },
  bad("a filter that is no object", "eth_getLogs", [[]], /filter must be an object/),
  bad("five topics", "eth_getLogs", [{ topics: [[], [], [], [], []] }], /at most four/),
  bad("a topic of 31 bytes", "eth_getLogs", [{ topics: [`0x${"00".repeat(31)}`] }], /topics\[0\] must be 32 bytes/),

  bad("percentiles that fall", "eth_feeHistory", ["0x1", "latest", [50, 10]], /must not fall/),
  bad("a percentile above 100", "eth_feeHistory", ["0x1", "latest", [101]], /from 0 to 100/),
  bad("a percentile below 0", "eth_feeHistory", ["0x1", "latest", [-1]], /from 0 to 100/),
  bad("a percentile that is no number", "eth_feeHistory", ["0x1", "latest", ["50"]], /from 0 to 100/, true),
  bad("101 percentiles", "eth_feeHistory", ["0x1", "latest", Array(101).fill(1)], /at most 100/),
  bad("no blocks", "eth_feeHistory", ["0x0", "latest", []], /at least 0x1/),
  bad("fees past the head", "eth_feeHistory", ["0x1", FAR, []], /past the last block/),

  bad("a gas price of both kinds", "eth_call", [{ gasPrice: "0x1", maxFeePerGas: "0x1" }, "latest"], /excludes/),
  bad("a tip above the price", "eth_call", [{ maxFeePerGas: "0x1", maxPriorityFeePerGas: "0x2" }], /must not be above/),
  bad("data and input that differ", "eth_call", [{ data: "0x00", input: "0x01" }, "latest"], /differ/),
  bad("another chain's call", "eth_call", [{ to: NOBODY, chainId: "0x1" }, "latest"], /chainId must be 0x663a/),
  bad("a call with blobs", "eth_call", [{ to: NOBODY, blobVersionedHashes: [NO_HASH] }], /not supported/),
  bad("an access list that is none", "eth_estimateGas", [{ to: NOBODY, accessList: {} }], /accessList must be a list/),
  gives("the gas of a transfer", "eth_estimateGas", [{ from: RICH.address, to: NOBODY, value: "0x1" }], "0x5208", true),
  gives(
    "the gas of an access list",
    "eth_estimateGas",
    [{ from: RICH.address, to: NOBODY, accessList: [{ address: NOBODY, storageKeys: [NO_HASH] }] }],
    "0x62d4",
  ),
  {
    what: "gas that no block holds",
    method: "eth_estimateGas",
    params: [ENDLESS],
    expected: { code: -32000, message: /gas required exceeds allowance/ },
    asAnvil: true,
  },
  {
    what: "a value that nobody has",
    method: "eth_estimateGas",
    params: [{ from: NOBODY, to: RICH.address, value: "0x1" }],
    expected: { code: -32000, message: /insufficient funds/ },
  },
  {
    what: "a call that sends what nobody has",
    method: "eth_call",
    params: [{ value: "0x1" }],
    expected: { code: -32000, message: /insufficient funds/ },
  },
  ...["eth_call", "eth_estimateGas"].map((method) => ({
    what: `init code that is too long (${method})`,
    method,
    params: [{ from: RICH.address, data: `0x${"00".repeat(50_000)}` }],
    expected: { code: -32000, message: /max initcode size exceeded/ },
  })),
  {
    what: "a price below the base fee",
    method: "eth_call",
    params: [{ from: RICH.address, to: NOBODY, gasPrice: "0x1" }],
    expected: { code: -32000, message: /less than block base fee/ },
  },
  bad("a raw transaction of odd digits", "eth_sendRawTransaction", ["0x0"], /even number/, true),
  {
    what: "a raw transaction that is none",
    method: "eth_sendRawTransaction",
    params: ["0xdeadbeef"],
    expected: { code: -32000 },
    asAnvil: true,
  },
  ...[
    "eth_getProof",
    "eth_newFilter",
    "eth_sign",
    "eth_sendTransaction",
    "debug_traceCall",
    "engine_newPayloadV3",
    "",
  ].map(
    (method): Row => ({
      what: `a method that is not served: ${method}`,
      method,
      params: [],
      expected: { code: -32601 },
    }),
  ),
  {
    what: "a subscription without a WebSocket",
    method: "eth_subscribe",
    params: ["newHeads"],
    expected: { code: -32601, message: /needs a WebSocket/ },
  },
];

describe("the execution API", () => {
  let running: TestChain;
  let anvil: Anvil;
  let url: string;

  beforeAll(async () => {
    [running, anvil] = await Promise.all([
      startTestChain(),
      startAnvil(["--base-fee", "1000000000", "--gas-limit", "6000000"]),
    ]);
    url = running.chain.url;
  });

  afterAll(async () => {
    await running.drop();
    await anvil.stop();
  });

  it.each(ROWS)("$what", async ({ method, params, expected, asAnvil }) => {
    const answered = await rpc(url, method, params);
    if ("result" in expected) expect(answered).toEqual({ jsonrpc: "2.0", id: 1, result: expected.result });
    else {
      expect(answered.error?.code).toBe(expected.code);
      expect(answered.error?.message).toMatch(expected.message ?? /./);
    }
    if (asAnvil !== true) return;
    const theirs = await rpc(anvil.url, method, params);
    if ("result" in expected) expect(theirs.result ?? null).toEqual(expected.result);
    else expect(theirs.error).toBeDefined();
  });

  it("tells reverts with code 3, the data and the reason, from calls and from estimates", async () => {
    const { public: reader, wallet } = clientsFor(url);
    const { contractAddress } = await reader.waitForTransactionReceipt({
      hash: await wallet.deployContract({ abi: PROBE_ABI, bytecode: compileProbe(), args: [0n], gas: 3_000_000n }),
    });
    const call = { to: contractAddress, data: encodeFunctionData({ abi: PROBE_ABI, functionName: "refuse" }) };
    // Error("not today")
    const data = `0x08c379a0${"20".padStart(64, "0")}${"9".padStart(64, "0")}${Buffer.from("not today").toString("hex").padEnd(64, "0")}`;
    for (const method of ["eth_call", "eth_estimateGas"]) {
      expect((await rpc(url, method, [call, "latest"])).error).toEqual({
        code: 3,
        message: "execution reverted: not today",
        data,
      });
    }
  });

  it("tells the tips that a block's transactions paid, by percentile of its gas", async () => {
    const { public: reader, wallet } = clientsFor(url);
    const hash = await wallet.sendTransaction({
      to: RICH.address,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: 5_000_000_000n,
      maxPriorityFeePerGas: 7n,
    });
    const { blockNumber } = await reader.waitForTransactionReceipt({ hash });
    const history = await reader.getFeeHistory({ blockCount: 2, blockNumber, rewardPercentiles: [0, 50, 100] });
    expect(history.oldestBlock).toBe(blockNumber - 1n);
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(history.reward?.[1]).toEqual([7n, 7n, 7n]);
    expect(history.gasUsedRatio[1]).toBeGreaterThan(0);
  });

  it("answers a notification, alone or in a batch, with no content", async () => {
    const notification = { jsonrpc: "2.0", method: "net_version", params: [] };
    for (const body of [notification, [notification, notification]]) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect([response.status, await response.text()]).toEqual([204, ""]);
    }
  });
});
