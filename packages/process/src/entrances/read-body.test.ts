import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBody } from "./read-body.ts";

const server = createServer();
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

const LIMITS = { maxBytes: 100_000, timeoutMilliseconds: 100_000, hold: () => undefined };

async function send(length: number): Promise<{ client: ReturnType<typeof ask>; request: IncomingMessage }> {
  const arrived = once(server, "request") as Promise<[IncomingMessage, ServerResponse]>;
  const { port } = server.address() as AddressInfo;
  const headers = { "content-length": length };
  const client = ask({ host: "127.0.0.1", port, method: "POST", headers, agent: false });
  client.on("error", () => undefined);
  client.flushHeaders();
  const [request, response] = await arrived;
  request.once("close", () => response.destroy());
  return { client, request };
}

describe("readBody", () => {
  it("gives up long before its time what stands still, and what only trickles", async () => {
    const least = { bytes: 1000, milliseconds: 100 };
    for (const trickle of [0, 1]) {
      const { client, request } = await send(50_000);
      client.write("x".repeat(49_000));
      let stopped = false;
      const reading = readBody(request, { ...LIMITS, least }).finally(() => {
        stopped = true;
      });
      const refused = expect(reading).rejects.toMatchObject({ code: "body-too-slow", status: 408 });
      for (let sent = 0; !stopped && sent < 900; sent += trickle) {
        if (trickle > 0) client.write("x");
        await sleep(10);
      }
      await refused;
      client.destroy();
    }
  });

  it("takes what comes steadily, for however many stretches", async () => {
    const { client, request } = await send(40_000);
    const reading = readBody(request, { ...LIMITS, least: { bytes: 100, milliseconds: 2000 } });
    for (let sent = 0; sent < 40_000; sent += 1000) {
      client.write("x".repeat(1000));
      await sleep(120);
    }
    client.end();
    expect((await reading).length).toBe(40_000);
  });
});
