import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendBytes } from "./send-bytes.ts";

const server = Fastify({ forceCloseConnections: true });
let url = "";
let ended = 0;

/** One buffer, filled anew for every part. */
async function* parts(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(300_000);
  try {
    for (let i = 0; i < count; i++) yield buffer.fill(i);
    if (failure) throw failure;
  } finally {
    ended++;
  }
}

beforeAll(async () => {
  server.get("/whole", (_, reply) => sendBytes(reply.type("text/x-bytes").header("x-kept", "1"), parts(40)));
  server.get("/refused", (_, reply) => sendBytes(reply, parts(0, new Error("no"))));
  server.get("/broken", (_, reply) => sendBytes(reply, parts(3, new Error("no more"))));
  server.get("/endless", (_, reply) => sendBytes(reply, parts(Number.POSITIVE_INFINITY)));
  url = await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());

describe("sendBytes", () => {
  it("sends what stood in the buffer when it was given", async () => {
    const answer = await fetch(`${url}/whole`);
    expect(answer.headers.get("content-type")).toBe("text/x-bytes");
    expect(answer.headers.get("x-kept")).toBe("1");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes.length).toBe(40 * 300_000);
    for (let i = 0; i < 40; i++) {
      expect(bytes.subarray(i * 300_000, (i + 1) * 300_000).every((byte) => byte === i)).toBe(true);
    }
  });

  it("answers with an error what fails before the first byte", async () => {
    const answer = await fetch(`${url}/refused`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ message: "no" });
  });

  it("breaks the connection where it fails later", async () => {
    const answer = await fetch(`${url}/broken`);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it("ends its source when nobody reads on", async () => {
    const before = ended;
    const leaving = new AbortController();
    const answer = await fetch(`${url}/endless`, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => ended, { timeout: 10_000 }).toBe(before + 1);
  });
});
