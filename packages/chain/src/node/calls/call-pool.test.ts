import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { reached } from "../testing/open-test-node.ts";
import { RICH, rpc } from "../testing/probe-chain.ts";
import { startTestChain, type TestChain } from "../testing/start-test-chain.ts";

/** JUMPDEST, PUSH 0, JUMP: as long as there is gas. */
const ENDLESS = { data: "0x5b600056" };
const request = (id: number, method: string, params: unknown[]) => ({ jsonrpc: "2.0", id, method, params });

interface Answer {
  id: number;
  result?: string;
  error?: { code: number; message: string };
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.json();
}

describe("calls", () => {
  let running: TestChain;
  let url: string;

  beforeAll(async () => {
    running = await startTestChain({ limits: { batchMilliseconds: 300, callsWaitingOfConnection: 8 } });
    url = running.chain.url;
  });

  afterAll(() => running.drop());

  it("without end use up the budget of their batch, while blocks are made and others are answered", async () => {
    const { node } = running.chain;
    const before = Number(node.head.header.number);
    const batch = Array.from({ length: 100 }, (_, id) => request(id, "eth_call", [ENDLESS, "latest"]));
    let answers: Answer[] = [];
    // A batch has 300 ms: on a busy machine the question beside it may come too late once, and not ever.
    await expect
      .poll(
        async () => {
          let over = false;
          const flood = (post(url, batch) as Promise<Answer[]>).finally(() => {
            over = true;
          });
          const meanwhile = [(await rpc(url, "eth_call", [{ to: RICH.address }, "latest"])).result, over];
          answers = await flood;
          return meanwhile;
        },
        { timeout: 120_000 },
      )
      .toEqual(["0x", false]);
    const codes = answers.map(({ error }) => error?.code);
    expect(answers.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
    // Out of gas, or of its time on a machine that is slow enough.
    expect([-32000, -32005]).toContain(codes[0]);
    expect(codes.at(-1)).toBe(-32005);
    // The first one uses up the 300 ms of processor time; a machine several times as fast may carry out some more.
    expect(codes.filter((code) => code !== -32005).length).toBeLessThan(5);
    await reached(node, before + 2);
  });

  it("of one connection wait up to a limit, those of others beside them", async () => {
    const socket = new WebSocket(url.replace("http", "ws"));
    const answers: Answer[] = [];
    socket.on("message", (message) => answers.push(JSON.parse(String(message)) as Answer));
    await new Promise((resolve) => socket.once("open", resolve));
    for (let id = 0; id < 40; id++) socket.send(JSON.stringify(request(id, "eth_call", [ENDLESS, "latest"])));
    expect((await rpc(url, "eth_estimateGas", [{ to: RICH.address, from: RICH.address }])).result).toBe("0x5208");
    await expect.poll(() => answers.length, { timeout: 120_000 }).toBe(40);
    const refused = answers.filter(({ error }) => error?.code === -32005);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.error?.message).toMatch(/too many calls are waiting/);
    expect(answers.filter(({ error }) => error?.code === -32000).length).toBeGreaterThan(0);
    socket.terminate();
  });
});

describe("a call", () => {
  it("that takes longer than it may is ended with its thread, and the next one is carried out", async () => {
    const slow = await startTestChain({ limits: { callMilliseconds: 1, callThreads: 1 } });
    try {
      const { url } = slow.chain;
      expect((await rpc(url, "eth_call", [ENDLESS, "latest"])).error).toMatchObject({
        code: -32005,
        message: expect.stringMatching(/took longer than/),
      });
      // Not a call: nothing of it is carried out by the thread that was ended.
      expect((await rpc(url, "eth_getBalance", [RICH.address, "latest"])).result).toMatch(/^0x/);
      expect((await rpc(url, "eth_call", [ENDLESS, "latest"])).error?.code).toBe(-32005);
    } finally {
      await slow.drop();
    }
  });
});
