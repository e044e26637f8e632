import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openWaitForBlock } from "./wait-for-block.ts";

/** A node whose answers the test decides; `asked` counts questions. */
async function node(answer: () => Promise<object>) {
  const state = { asked: 0 };
  const server = createServer(async (request, response) => {
    state.asked++;
    request.resume();
    response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, ...(await answer()) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state };
}

const servers: Server[] = [];
const FOREVER = { number: 7, milliseconds: 60_000, pollMilliseconds: 60_000 };

describe("waitForBlock", () => {
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("waits for as long as the node keeps the question open, and asks once", async () => {
    let tell: (answer: object) => void = () => undefined;
    const open = new Promise<object>((resolve) => {
      tell = resolve;
    });
    const { url, state } = await node(() => open);
    const waiting = openWaitForBlock(url)(FOREVER);
    await expect.poll(() => state.asked).toBe(1);
    tell({ result: "0x7" });
    expect(await waiting).toBe(true);
    expect(state.asked).toBe(1);
  });

  it("pauses where the node does not know the method, and never asks it again", async () => {
    const { url, state } = await node(async () => ({ error: { code: -32601, message: "no such method" } }));
    const wait = openWaitForBlock(url);
    for (let i = 0; i < 3; i++) expect(await wait({ ...FOREVER, pollMilliseconds: 1 })).toBe(false);
    expect(state.asked).toBe(1);
  });

  it("pauses after a failure, and asks again", async () => {
    const { url, state } = await node(async () => ({ error: { code: -32603, message: "broken" } }));
    const wait = openWaitForBlock(url);
    for (let i = 0; i < 3; i++) expect(await wait({ ...FOREVER, pollMilliseconds: 1 })).toBe(false);
    expect(state.asked).toBe(3);
    expect(await openWaitForBlock("http://127.0.0.1:9")({ ...FOREVER, pollMilliseconds: 1 })).toBe(false);
  });

  it("ends when it is told to, in the question and in the pause", async () => {
    const { url, state } = await node(() => new Promise(() => undefined));
    const stop = new AbortController();
    const waiting = openWaitForBlock(url)({ ...FOREVER, signal: stop.signal });
    await expect.poll(() => state.asked).toBe(1);
    stop.abort();
    expect(await waiting).toBe(false);
    expect(await openWaitForBlock(url)({ ...FOREVER, signal: stop.signal })).toBe(false);
  });
});
