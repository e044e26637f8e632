import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Ledger } from "@cairn/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type GatewayTransport, openTransport } from "./open-transport.ts";

/** docs/limits.md, "Entrances": a hello within 5 s, 64 that have not said it. */
const SILENT = 64;
const HELLO_MILLISECONDS = 5_000;

describe("control sockets without a hello", () => {
  let transport: GatewayTransport;
  let server: WebSocketServer;
  const clients: WebSocket[] = [];

  beforeEach(async () => {
    // Time stands still until a test moves it.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    transport = openTransport({
      // Who says no hello makes the gateway ask the chain nothing.
      ledger: {} as Ledger,
      executor: `0x${"e".repeat(40)}`,
      signRequest: () => {
        throw new Error("nobody is dialled here");
      },
      allowPrivateEndpoints: true,
    });
    server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => transport.accept(socket));
    await once(server, "listening");
  });

  afterEach(async () => {
    await transport.close();
    for (const client of clients.splice(0)) client.terminate();
    server.close();
    vi.useRealTimers();
  });

  async function connect(): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    clients.push(client);
    client.on("error", () => undefined);
    await once(client, "open");
    return client;
  }

  const ended = async (client: WebSocket) => {
    if (client.readyState !== client.CLOSED) await once(client, "close");
  };
  const open = () => clients.filter(({ readyState }) => readyState === WebSocket.OPEN);

  it(`are ${SILENT} at most: for one more the oldest goes`, async () => {
    for (let i = 0; i < SILENT; i += 1) await connect();
    for (let i = 0; i < 100; i += 1) await turn();
    expect(open()).toHaveLength(SILENT);
    for (const oldest of clients.slice(0, 3)) {
      const newest = await connect();
      await ended(oldest);
      expect(newest.readyState).toBe(WebSocket.OPEN);
      expect(open()).toHaveLength(SILENT);
    }
  });

  it("are ended after 5 s, each by its own clock", async () => {
    const first = await connect();
    vi.advanceTimersByTime(HELLO_MILLISECONDS - 1);
    const second = await connect();
    for (let i = 0; i < 100; i += 1) await turn();
    expect(first.readyState).toBe(WebSocket.OPEN);
    vi.advanceTimersByTime(1);
    await ended(first);
    expect(second.readyState).toBe(WebSocket.OPEN);
    vi.advanceTimersByTime(HELLO_MILLISECONDS - 1);
    await ended(second);
  });

  it("are told why when they say something else first, and ended", async () => {
    const client = await connect();
    client.send("no hello");
    const [answer] = await once(client, "message");
    expect(JSON.parse(String(answer))).toMatchObject({ type: "refused", error: { code: "bad-message" } });
    await ended(client);
  });
});
