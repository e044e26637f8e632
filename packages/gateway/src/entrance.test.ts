import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { LIST_BODY_BYTES } from "./entrance.ts";
import { createHttpServer } from "./http-server.ts";
import { bearerToken } from "./principal-of.ts";

const MIB = 1024 * 1024;
const GOOD = { authorization: "Bearer good" };
const JSON_TYPE = { "content-type": "application/json" };

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let server: FastifyInstance;
let port: number;
/** Bodies that reached a route. */
const arrived: unknown[] = [];
let asked = 0;

beforeAll(async () => {
  const routes = async (app: FastifyInstance) => {
    const take = async (request: { body: unknown }) => {
      arrived.push(request.body);
      return { ok: true };
    };
    app.get("/health", { config: { access: "open" } }, async () => ({ ok: true }));
    app.get("/open", { config: { access: "open" } }, async () => ({ ok: true }));
    app.post("/open", { config: { access: "open" } }, take);
    app.post(
      "/token",
      { config: { scope: "read" }, schema: { body: Type.Object({ name: Type.String({ maxLength: 10 }) }) } },
      take,
    );
    app.post("/list", { config: { scope: "read" }, bodyLimit: LIST_BODY_BYTES }, take);
    app.put("/stream", { config: { scope: "any" } }, async (request) => {
      let bytes = 0;
      for await (const part of request.raw as AsyncIterable<Buffer>) bytes += part.length;
      return { bytes };
    });
    app.get("/socket", { websocket: true, config: { scope: "read" } }, (socket) => socket.send("open"));
    app.get("/api/downstream/status", async () => ({ ok: true }));
  };
  server = await createHttpServer([routes], {
    version: "0.1.0",
    databaseId: "one",
    doors: ["/downstream", "/api/downstream"],
    // Every connection is looked at before it goes to its protocol.
    h2Doors: [{ prefixes: ["/other.Service"], h2: (_request, response) => void response.end() }],
    names: ["cairn.example"],
    trustedProxies: [],
    goodTokens: ["unused"],
    // Time stands still: what a network may do at once is all that it may do.
    now: () => 0,
    providerOf: (session) => (session === "known" ? "0xprovider" : undefined),
    async findPrincipal(request) {
      asked += 1;
      if (["good", "unused"].includes(bearerToken(request)))
        return { account: "account", scopes: ["read"], via: "token", id: "t" };
      throw new CairnError("no", { code: "wrong-token", kind: "auth" });
    },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  port = (server.server.address() as AddressInfo).port;
});
afterAll(() => server.close());

/** With headers as given, of which fetch would set some itself. */
function call(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) {
  return new Promise<Answer>((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

/** The first line and the body of whatever comes back for these bytes. */
async function raw(bytes: string | Buffer): Promise<{ status: number; body: string }> {
  const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
  let text = "";
  socket.on("data", (part) => {
    text += part.toString("utf8");
  });
  socket.on("error", () => undefined);
  await once(socket, "close");
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), body: text.slice(text.indexOf("\r\n\r\n") + 4) };
}

const codeOf = ({ body }: { body: string }) => (JSON.parse(body) as { error: { code: string } }).error.code;

describe("who may call", () => {
  it("refuses other hosts and foreign pages, sockets too", async () => {
    const host = `127.0.0.1:${port}`;
    expect((await call("GET", "/open", { host: "cairn.example" })).status).toBe(200);
    expect((await call("GET", "/open", { host, origin: `http://${host}` })).status).toBe(200);
    const rebound = await call("GET", "/open", { host: "evil.example" });
    expect([rebound.status, codeOf(rebound)]).toEqual([403, "wrong-host"]);
    const foreign = await call("GET", "/open", { host, origin: "http://evil.example" });
    expect([foreign.status, codeOf(foreign)]).toEqual([403, "foreign-page"]);
    expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
    const preflight = await call("OPTIONS", "/token", { host, origin: "http://evil.example" });
    expect(preflight.status).toBe(403);
    for (const headers of [{ host: "evil.example" }, { origin: "http://evil.example" }]) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { ...GOOD, ...headers } });
      const [error] = await once(socket, "error");
      expect(String(error)).toMatch(/403/);
    }
    // A refused upgrade leaves no connection behind.
    const open = () => new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)));
    while ((await open()) !== 0) await sleep(20);
  });

  it("leaves the names of a door's node to its clients", async () => {
    expect((await call("GET", "/api/downstream/status", { host: "node.example" })).status).toBe(200);
    expect((await call("GET", "/api/downstream/status", { origin: "http://evil.example" })).status).toBe(403);
    // What only looks like the door's path is not its.
    for (const path of ["/api/downstreamx", "/x/../api/downstream/status", "//api/downstream/status"]) {
      expect((await call("GET", path, { host: "node.example" })).status).toBe(403);
    }
  });

  it("asks for a token on every route that does not say otherwise, before a socket opens", async () => {
    for (const [method, path] of [
      ["POST", "/token"],
      ["PUT", "/stream"],
    ] as const) {
      expect(codeOf(await call(method, path))).toBe("wrong-token");
    }
    const stranger = new WebSocket(`ws://127.0.0.1:${port}/socket`);
    expect(String((await once(stranger, "error"))[0])).toMatch(/401/);
    for (const socket of [
      new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: GOOD }),
      new WebSocket(`ws://127.0.0.1:${port}/socket`, ["bearer.good"]),
    ]) {
      expect(String((await once(socket, "message"))[0])).toBe("open");
      socket.terminate();
    }
  });
});

describe("bodies", () => {
  it("are not read before the caller is known", async () => {
    for (const start of [
      "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
      "PUT /stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    ]) {
      const socket = connect(port, "127.0.0.1", () => socket.write(start));
      // The answer is here though no byte of the body has come.
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 401 /);
      socket.destroy();
    }
  });

  it("have a limit, by what they say and by what comes", async () => {
    const large = JSON.stringify("x".repeat(65 * 1024));
    const said = await call("POST", "/open", JSON_TYPE, large);
    expect([said.status, codeOf(said)]).toEqual([413, "body-too-large"]);
    const came = await call("POST", "/open", { ...JSON_TYPE, "transfer-encoding": "chunked" }, large);
    expect([came.status, codeOf(came)]).toEqual([413, "body-too-large"]);
    const list = JSON.stringify("x".repeat(MIB));
    expect((await call("POST", "/list", { ...GOOD, ...JSON_TYPE }, list)).status).toBe(200);
    expect((await call("POST", "/list", JSON_TYPE, list)).status).toBe(401);
  });

  it("are taken as JSON alone, without compression, without what fills memory", async () => {
    arrived.length = 0;
    expect((await call("POST", "/open", { "content-type": "text/plain" }, "x")).status).toBe(415);
    const dense = await call("POST", "/list", { ...GOOD, ...JSON_TYPE }, "[".repeat(MIB));
    expect([dense.status, codeOf(dense)]).toEqual([400, "bad-request"]);
    expect((await call("POST", "/open", JSON_TYPE, '{"__proto__":{"a":1}}')).status).toBe(400);
    expect(arrived).toEqual([]);
  });

  it("share the memory that there is: strangers theirs, known callers theirs", async () => {
    const stalled = Array.from({ length: 40 }, () => {
      const socket = connect(port, "127.0.0.1", () => {
        const head = "POST /list HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
        socket.write(`${head}authorization: Bearer good\r\ncontent-length: ${8 * MIB}\r\n\r\n${" ".repeat(MIB)}`);
      });
      socket.on("error", () => undefined);
      return socket;
    });
    const first = await Promise.race(stalled.map(async (socket) => String((await once(socket, "data"))[0])));
    expect(first).toMatch(/^HTTP\/1\.1 503 /);
    expect(first).toMatch(/retry-after: 1\r\n/);
    expect((await call("POST", "/open", JSON_TYPE, '{"a":1}')).status).toBe(200);
    for (const socket of stalled) socket.destroy();
    // What broke off is given back.
    for (let status = 0; status !== 200; await sleep(20)) {
      ({ status } = await call("POST", "/list", { ...GOOD, ...JSON_TYPE }, JSON.stringify("x".repeat(4 * MIB))));
    }
  });

  it("that are short find room though long ones of others fill theirs", async () => {
    const proxied = await createHttpServer(
      [
        async (app) => {
          const take = async () => ({ ok: true });
          app.post("/open", { config: { access: "open" } }, take);
          app.post("/list", { config: { scope: "read" }, bodyLimit: LIST_BODY_BYTES }, take);
        },
      ],
      {
        version: "0.1.0",
        databaseId: "one",
        names: [],
        trustedProxies: ["127.0.0.1"],
        providerOf: () => undefined,
        findPrincipal: async (request) => ({ account: bearerToken(request), scopes: ["read"], via: "token", id: "t" }),
      },
    );
    await proxied.listen({ host: "127.0.0.1", port: 0 });
    const at = (proxied.server.address() as AddressInfo).port;
    const half = (path: string, headers: Record<string, string>, length: number) => {
      const asking = request({
        ...{ host: "127.0.0.1", port: at, method: "POST", path, agent: false },
        headers: { ...JSON_TYPE, ...headers, "content-length": length },
      });
      asking.on("error", () => undefined);
      asking.write(`"${"x".repeat(length - 20)}`);
      return asking;
    };
    const post = async (path: string, headers: Record<string, string>, length: number) => {
      const body = JSON.stringify("x".repeat(length));
      const { status } = await fetch(`http://127.0.0.1:${at}${path}`, {
        ...{ method: "POST", body, headers: { ...JSON_TYPE, ...headers } },
      });
      return status;
    };
    const stall = () => [
      ...["a", "b"].flatMap((who) =>
        Array.from({ length: 4 }, () => half("/list", { authorization: `Bearer ${who}` }, LIST_BODY_BYTES / 2)),
      ),
      ...[1, 2, 3].flatMap((n) =>
        Array.from({ length: 64 }, () => half("/open", { "x-forwarded-for": `7.7.${n}.1` }, 64 * 1024)),
      ),
    ];
    const known = { authorization: "Bearer c", "x-forwarded-for": "8.8.8.8" };
    const stranger = { "x-forwarded-for": "8.8.8.8" };
    const long = async () => [await post("/list", known, 4 * MIB), await post("/open", stranger, 60_000)];
    // Until all the room of the long ones is taken, which no body has for long that stands still.
    let stalled = stall();
    for (let full = false; !full; ) {
      for (let looks = 0; looks < 20 && !full; looks += 1) {
        await sleep(100);
        full = (await long()).every((status) => status === 503);
      }
      if (full) break;
      for (const asking of stalled) asking.destroy();
      stalled = stall();
    }
    for (const length of [10, 1000, 16_000]) {
      expect(await post("/list", known, length)).toBe(200);
      expect(await post("/open", stranger, length)).toBe(200);
    }
    for (const asking of stalled) asking.destroy();
    while (!(await long()).every((status) => status === 200)) await sleep(100);
    await proxied.close();
  });

  it("as streams are bounded by nothing but their reader", async () => {
    const { body } = await call(
      "PUT",
      "/stream",
      { ...GOOD, "content-type": "application/octet-stream" },
      Buffer.alloc(20 * MIB),
    );
    expect(JSON.parse(body)).toEqual({ bytes: 20 * MIB });
  });
});

describe("traffic", () => {
  it("of strangers is limited, and known callers of the same network are not in their way", async () => {
    const before = asked;
    const answers = await Promise.all(
      Array.from({ length: 420 }, (_, i) => call("GET", "/open", i % 2 === 0 ? {} : { authorization: "Bearer bad" })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers["retry-after"])).toBeGreaterThan(0);
    expect(asked).toBe(before);
    expect((await call("POST", "/token", { ...GOOD, ...JSON_TYPE }, '{"name":"x"}')).status).toBe(200);
    expect((await call("GET", "/open", { "cairn-session": "known" })).status).toBe(200);
    expect((await call("GET", "/health")).status).toBe(200);
    // Nor where no token is asked for, nor with one that is used for the first time.
    expect((await call("GET", "/open", GOOD)).status).toBe(200);
    expect((await call("GET", "/open", { authorization: "Bearer unused" })).status).toBe(200);
    // Tokens that were never good are not looked up any more.
    expect((await call("POST", "/token", { authorization: "Bearer worse" })).status).toBe(429);
    expect(asked).toBe(before + 3);
  });
});

describe("whatever comes", () => {
  const documented = (answer: { status: number; body: string }) => {
    if (answer.status < 400) return;
    expect(answer.status).toBeLessThan(500);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code: expect.stringMatching(/^[a-z0-9-]+$/), kind: expect.any(String), message: expect.any(String) },
    });
  };

  it("is answered with the documented error: paths, queries, headers, bodies", async () => {
    const text = fc.string({ unit: "binary-ascii", maxLength: 200 });
    const path = text.map((one) => `/${encodeURI(one).replaceAll("#", "")}`);
    const header = text.map((one) => one.replace(/[^\x20-\x7e]/g, ""));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
        fc.oneof(path, fc.constantFrom("/token", "/list", "/open", "/stream", "/%zz", "/%", "/open?a=%ff")),
        header,
        fc.oneof(fc.json(), text),
        async (method, where, value, body) => {
          const headers = { ...GOOD, range: value, "cairn-capability": value, "content-type": "application/json" };
          documented(
            await call(method, where, { ...headers, "cairn-session": "known" }, method === "GET" ? undefined : body),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is answered though it is no HTTP", async () => {
    const start = fc.constantFrom(
      "",
      "GET ",
      "GET /open HTTP/1.1\r\n",
      "POST /open HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n",
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (begin, bytes) => {
        const answer = await raw(Buffer.concat([Buffer.from(begin), bytes, Buffer.from("\r\n\r\n")]));
        if (answer.status >= 400 && answer.body !== "") documented(answer);
      }),
      { numRuns: 100 },
    );
    const hostless = await raw("GET /open HTTP/1.1\r\nconnection: close\r\n\r\n");
    expect([hostless.status, codeOf(hostless)]).toEqual([403, "wrong-host"]);
    const smuggled =
      "POST /open HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    expect((await raw(smuggled)).status).toBe(400);
    const vast = await raw(`GET /open HTTP/1.1\r\nhost: localhost\r\nx: ${"a".repeat(64 * 1024)}\r\n\r\n`);
    expect([vast.status, codeOf(vast)]).toEqual([431, "bad-request"]);
    expect((await call("GET", "/open", { "cairn-session": "known" })).status).toBe(200);
  });
});
