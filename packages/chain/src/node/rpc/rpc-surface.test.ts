import { once } from "node:events";
import { request } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { compileProbe, PROBE_ABI } from "../testing/compile-probe.ts";
import { clientsFor, RICH, rpc } from "../testing/probe-chain.ts";
import { startTestChain, type TestChain } from "../testing/start-test-chain.ts";

describe("the JSON-RPC surface", () => {
  let running: TestChain;
  let url: string;

  beforeAll(async () => {
    running = await startTestChain({
      limits: { batch: 5, bodyBytes: 100_000, logBlocks: 3, logResults: 20, callGas: 3_000_000, connections: 64 },
    });
    url = running.chain.url;
  });

  afterAll(() => running.drop());

  function post(
    body: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        url,
        { method: "POST", headers: { "content-type": "application/json", ...headers } },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  }

  const chainId = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId" });

  it("serves its own names only, and no web page", async () => {
    expect((await post(chainId)).status).toBe(200);
    expect((await post(chainId, { host: "localhost:1234" })).status).toBe(200);
    expect((await post(chainId, { host: "evil.example" })).status).toBe(403);
    expect((await post(chainId, { host: "127.0.0.1.evil.example:80" })).status).toBe(403);
    const page = await post(chainId, { origin: "http://localhost:3000" });
    expect(page.status).toBe(403);
    expect(page.headers["access-control-allow-origin"]).toBeUndefined();
    expect((await post(chainId, { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(405);
  });

  it("opens no WebSocket for a web page or another name", async () => {
    const open = async (headers: Record<string, string>): Promise<string> => {
      const socket = new WebSocket(url.replace("http", "ws"), { headers });
      const outcome = await once(socket, "open").then(() => "open", String);
      socket.terminate();
      return outcome;
    };
    expect(await open({})).toBe("open");
    expect(await open({ origin: "http://evil.example" })).toMatch(/403/);
    expect(await open({ host: "evil.example" })).toMatch(/403/);
  });

  it("bounds batches and bodies", async () => {
    const batch = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, id) => ({ jsonrpc: "2.0", id, method: "eth_chainId" })));
    expect(JSON.parse((await post(batch(5))).text)).toHaveLength(5);
    expect(JSON.parse((await post(batch(6))).text)).toMatchObject({ error: { code: -32005 } });
    expect((await post(" ".repeat(100_001))).status).toBe(413);
    const chunked = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob(["x".repeat(200_000)]).stream(),
      duplex: "half",
    }).then(
      (response) => response.status,
      () => 413,
    );
    expect(chunked).toBe(413);
  });

  it("bounds log ranges and results, and the gas of a call", async () => {
    const { public: reader, wallet } = clientsFor(url);
    const deployed = await reader.waitForTransactionReceipt({
      hash: await wallet.deployContract({ abi: PROBE_ABI, bytecode: compileProbe(), args: [0n] }),
    });
    const address = deployed.contractAddress!;
    const many = async (times: bigint) =>
      reader.waitForTransactionReceipt({
        hash: await wallet.writeContract({ address, abi: PROBE_ABI, functionName: "many", args: [times] }),
      });
    const { blockNumber } = await many(21n);
    const at = `0x${blockNumber.toString(16)}`;
    expect((await rpc(url, "eth_getLogs", [{ fromBlock: at, toBlock: at }])).error?.message).toMatch(
      /more than 20 results/,
    );
    const next = await many(20n);
    const head = `0x${next.blockNumber.toString(16)}`;
    expect((await rpc(url, "eth_getLogs", [{ fromBlock: head, toBlock: head }])).result).toHaveLength(20);
    expect((await rpc(url, "eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }])).error?.code).toBe(-32005);
    await expect(reader.readContract({ address, abi: PROBE_ABI, functionName: "burn" })).rejects.toThrow(/out of gas/);
    expect(
      (await rpc(url, "eth_call", [{ to: address, data: "0x44df8e70", gas: "0xffffffff" }])).error?.message,
    ).toMatch(/out of gas/);
  });

  it("holds no keys and signs nothing", async () => {
    expect((await rpc(url, "eth_accounts")).result).toEqual([]);
    for (const method of [
      "eth_sendTransaction",
      "eth_sign",
      "personal_unlockAccount",
      "anvil_setBalance",
      "debug_traceCall",
      "__proto__",
      "constructor",
    ]) {
      expect((await rpc(url, method, [{}])).error?.code).toBe(-32601);
    }
  });

  it("names the parameter that is wrong", async () => {
    const message = async (method: string, params: unknown[]) => (await rpc(url, method, params)).error;
    expect(await message("eth_getBalance", ["0x12", "latest"])).toEqual({
      code: -32602,
      message: "address must be 20 bytes",
    });
    expect(await message("eth_getBalance", [RICH.address, "0xffffff"])).toMatchObject({ message: "header not found" });
    expect(await message("eth_call", [{ to: "x" }, "latest"])).toMatchObject({ code: -32602 });
    expect(await message("eth_call", [{ to: RICH.address }, "latest", { "0x0": {} }])).toMatchObject({
      message: "state overrides are not supported",
    });
    expect(await message("eth_getLogs", [{ topics: [1, 2, 3, 4, 5] }])).toMatchObject({ code: -32602 });
    expect(await message("eth_sendRawTransaction", ["0x02"])).toMatchObject({ code: -32000 });
    expect((await rpc(url, "eth_getTransactionReceipt", [`0x${"00".repeat(32)}`])).result).toBeNull();
    expect((await rpc(url, "eth_getBlockByNumber", ["0xffffff", false])).result).toBeNull();
  });

  it("bounds the subscriptions of a connection", async () => {
    const socket = new WebSocket(url.replace("http", "ws"));
    await once(socket, "open");
    const ask = async (method: string, params: unknown[]): Promise<{ result?: unknown; error?: { code: number } }> => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params }));
      for (;;) {
        const [message] = (await once(socket, "message")) as [Buffer];
        const parsed = JSON.parse(message.toString()) as { id?: number; result?: unknown; error?: { code: number } };
        if (parsed.id === 7) return parsed;
      }
    };
    expect((await ask("eth_subscribe", ["newPendingTransactions"])).error?.code).toBe(-32602);
    const first = await ask("eth_subscribe", ["logs", { address: RICH.address }]);
    for (let n = 1; n < 32; n++) expect((await ask("eth_subscribe", ["logs"])).result).toMatch(/^0x/);
    expect((await ask("eth_subscribe", ["newHeads"])).error?.code).toBe(-32005);
    expect((await ask("eth_unsubscribe", [first.result])).result).toBe(true);
    expect((await ask("eth_unsubscribe", [first.result])).result).toBe(false);
    expect((await ask("eth_chainId", [])).result).toBe("0x663a");
    socket.terminate();
    expect((await rpc(url, "eth_subscribe", ["newHeads"])).error?.code).toBe(-32601);
  });

  it("answers any JSON, and any text, without failing inside", { timeout: 120_000 }, async () => {
    const methods = [
      "eth_call",
      "eth_estimateGas",
      "eth_getLogs",
      "eth_getBalance",
      "eth_getStorageAt",
      "eth_getBlockByNumber",
      "eth_getBlockByHash",
      "eth_getTransactionByHash",
      "eth_getTransactionReceipt",
      "eth_getTransactionCount",
      "eth_getCode",
      "eth_feeHistory",
      "eth_sendRawTransaction",
      "eth_getBlockReceipts",
      "eth_getTransactionByBlockNumberAndIndex",
      "web3_sha3",
      "cairn_faucet",
      "cairn_sealedBlock",
      "cairn_supply",
    ];
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        RICH.address,
        "latest",
        "0x0",
        "0x",
        "0xg",
        `0x${"f".repeat(64)}`,
        `0x${"f".repeat(65)}`,
        -1,
        1e300,
        null,
        true,
        [],
        {},
      ),
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        {
          from: fc.constantFrom(RICH.address, "0x1", null),
          to: fc.constantFrom(RICH.address, null, 5),
          data: fc.constantFrom("0x", "0x00fe", "0x5b5b56", "zz"),
          value: fc.constantFrom("0x0", "0x1", `0x${"f".repeat(64)}`),
          gas: fc.constantFrom("0x0", "0x5208", `0x${"f".repeat(64)}`),
          gasPrice: fc.constantFrom("0x0", `0x${"f".repeat(64)}`),
        },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          fromBlock: fc.constantFrom("0x0", "latest", "0xffffffffffff", {}),
          toBlock: fc.constantFrom("0x2", "safe", -2),
          address: fc.constantFrom(RICH.address, [RICH.address], []),
          topics: fc.constantFrom([], [null], [[`0x${"0".repeat(64)}`]], "x"),
        },
        { requiredKeys: [] },
      ),
    );
    const call = fc.record({
      jsonrpc: fc.constant("2.0"),
      id: fc.constant(1),
      method: fc.constantFrom(...methods),
      params: fc.array(odd, { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          { weight: 8, arbitrary: call.map((one) => JSON.stringify(one)) },
          { weight: 1, arbitrary: fc.json() },
          { weight: 1, arbitrary: fc.string() },
        ),
        async (body) => {
          const { status, text } = await post(body);
          expect(status).toBe(200);
          const answered = JSON.parse(text) as { error?: { code: number } };
          expect([body, answered.error?.code]).not.toEqual([body, -32603]);
        },
      ),
      { numRuns: 800 },
    );
    expect((await rpc(url, "eth_chainId")).result).toBe("0x663a");
  });
});
