import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openRpc, RpcError } from "./rpc.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(status: number, body: string): Promise<string> {
  server = createServer((_, response) => response.writeHead(status, { "content-type": "application/json" }).end(body));
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://user:s3cret@127.0.0.1:${(listening.address() as AddressInfo).port}/v3/s3cret?key=s3cret`;
}

describe("openRpc", () => {
  it.each([
    [500, "oops"],
    [200, "not json"],
    [200, "[]"],
    [404, "{}"],
  ])("says that the chain cannot be reached when it answers %i %s, without the URL's secrets", async (status, body) => {
    const rpc = openRpc(await answering(status, body), { retries: 0, timeoutMilliseconds: 500 });
    const error = await rpc.request("eth_chainId", []).catch((thrown: unknown) => thrown as Error & { code: string });
    expect(error).toMatchObject({ code: "chain-unreachable" });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain("s3cret");
  });

  it("hands on what the node refuses with", async () => {
    const body = JSON.stringify([{ jsonrpc: "2.0", id: 0, error: { code: 3, message: "no", data: "0x12" } }]);
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const [{ id }] = JSON.parse(Buffer.concat(chunks).toString()) as [{ id: number }];
      response.end(body.replace('"id":0', `"id":${id}`));
    });
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const rpc = openRpc(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, { retries: 0 });
    const error = await rpc.request("eth_call", []).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ message: "no", code: 3, data: "0x12" });
  });

  it.each(["", "ftp://a", "127.0.0.1:8545", "file:///etc"])("refuses the URL %j", (url) => {
    expect(() => openRpc(url)).toThrow("neither http nor ws");
  });
});
