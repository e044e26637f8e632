import { type EventEmitter, once } from "node:events";
import { request as httpRequest } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type AddressInfo, connect as dial, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CONNECTION_LIMITS } from "@cairn/process/entrances";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpServer } from "../http-server.ts";
import type { H2_LIMITS, H2Door } from "./serve-h2.ts";

/** RFC 9113, sections 3.4 and 6.5: what a client sends first, with no settings of its own. */
const PREFACE_AND_SETTINGS = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

let server: FastifyInstance | undefined;
let client: ClientHttp2Session | undefined;
let url: string;

afterEach(async () => {
  client?.destroy();
  await server?.close();
});

/** A door that echoes, and one stream that goes on until it is ended. */
function echo(): H2Door & { open: Set<() => void>; ended: number; cut: string[] } {
  const self = {
    prefixes: ["/echo.Service"],
    open: new Set<() => void>(),
    ended: 0,
    /** Paths of streams that were cut off. */
    cut: [] as string[],
    h2: ((request, response) => {
      const { stream } = response;
      stream.once("close", () => {
        if (stream.rstCode === constants.NGHTTP2_CANCEL) self.cut.push(request.url);
      });
      if (request.url === "/echo.Service/Watch") {
        response.writeHead(200, { "content-type": "application/grpc" });
        response.write("begun");
        self.open.add(() => {
          self.ended += 1;
          response.addTrailers({ "grpc-status": "14" });
          response.end();
        });
      } else if (request.url === "/echo.Service/Much") {
        response.writeHead(200);
        response.write(Buffer.alloc(8 * 1024 * 1024));
      } else request.pipe(response);
    }) satisfies H2Door["h2"],
    endStreams() {
      for (const end of self.open) end();
    },
  };
  return self;
}

async function open(door: H2Door, h2Limits: Partial<typeof H2_LIMITS> = {}): Promise<void> {
  server = await createHttpServer(
    [async (app) => void app.get("/open", { config: { access: "open" } }, async () => ({ ok: true }))],
    {
      version: "0.1.0",
      databaseId: "one",
      names: [],
      trustedProxies: [],
      doors: door.prefixes,
      h2Doors: [door],
      h2Limits,
      providerOf: () => undefined,
      findPrincipal: () => Promise.reject(new Error("nobody")),
    },
  );
  await server.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  client = connect(url);
  client.on("error", () => undefined);
}

function begin(headers: OutgoingHttpHeaders, endStream = false): ClientHttp2Stream {
  const stream = client!.request({ ":method": "POST", ...headers }, { endStream });
  stream.on("error", () => undefined);
  return stream;
}

async function call(
  path: string,
  body: string,
  headers: OutgoingHttpHeaders = {},
): Promise<{ status: number; body: string }> {
  const stream = begin({ ":path": path, ...headers });
  stream.end(body);
  const [answer] = await once(stream, "response");
  let text = "";
  for await (const part of stream) text += part;
  return { status: Number(answer[":status"]), body: text };
}

/** The event, whatever errors come before it: a stream or connection that is cut off has one. */
const happens = (source: EventEmitter, event: string) =>
  new Promise<unknown[]>((resolve) => source.once(event, (...given) => resolve(given)));

const connections = () =>
  new Promise<number>((resolve) => server!.server.getConnections((_error, count) => resolve(count)));

/** What comes back on a socket until it is closed. */
async function raw(bytes: string | Buffer[], pause = 0): Promise<string> {
  const socket = dial(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (part) => {
    text += part;
  });
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  for (const part of typeof bytes === "string" ? [bytes] : bytes) {
    socket.write(part);
    await sleep(pause);
  }
  await closed;
  return text;
}

describe("one port for HTTP/1.1 and HTTP/2", () => {
  it("gives each connection to its protocol", async () => {
    await open(echo());
    expect(await call("/echo.Service/Say", "hello")).toEqual({ status: 200, body: "hello" });
    expect(await (await fetch(`${url}/open`)).json()).toEqual({ ok: true });
    const posted = httpRequest(`${url}/nothing`, { method: "POST" }).end("P");
    const [answer] = await once(posted, "response");
    expect(answer.statusCode).toBe(404);
    answer.resume();
  });

  it("tells by the first bytes however they are cut", async () => {
    await open(echo());
    const asked = "PUT /open HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), asked.length];
        const parts = at.slice(1).map((end, index) => Buffer.from(asked.slice(at[index], end)));
        expect(await raw(parts, 1)).toMatch(/^HTTP\/1\.1 404/);
      }),
      { numRuns: 20 },
    );
  });

  it("has nothing to say over HTTP/2 beside its doors, and to pages from elsewhere", async () => {
    await open(echo());
    const other = await call("/echo.Services/Say", "");
    expect([other.status, JSON.parse(other.body).error.code]).toEqual([404, "no-such-route"]);
    const foreign = await call("/echo.Service/Say", "", { origin: "http://evil.example" });
    expect([foreign.status, JSON.parse(foreign.body).error.code]).toEqual([403, "foreign-page"]);
  });
});

describe("what a connection may cost", () => {
  it("takes so many streams at a time and no more", async () => {
    await open(echo(), { streams: 4 });
    await happens(client!, "remoteSettings");
    expect(client!.remoteSettings.maxConcurrentStreams).toBe(4);
    const watching = Array.from({ length: 6 }, () => begin({ ":path": "/echo.Service/Watch" }, true));
    let answered = 0;
    for (const stream of watching) stream.on("response", () => (answered += 1));
    await Promise.all(watching.slice(0, 4).map((stream) => happens(stream, "response")));
    expect(answered).toBeLessThanOrEqual(4);
  });

  it("takes headers of its size and number and no more", async () => {
    await open(echo());
    const refused = async (headers: OutgoingHttpHeaders) => {
      const stream = begin({ ":path": "/echo.Service/Say", ...headers }, true);
      const answered = happens(stream, "response").then(() => "answered");
      return Promise.race([answered, happens(stream, "close").then(() => stream.rstCode)]);
    };
    expect(await refused({ small: "x".repeat(15_000) })).toBe("answered");
    expect(await refused({ large: "x".repeat(17_000) })).not.toBe("answered");
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`x-${n}`, "1"]));
    expect(await refused(many)).not.toBe("answered");
  });

  it("ends a connection that resets streams as fast as it begins them", async () => {
    const door = echo();
    await open(door, { resets: { burst: 20, perSecond: 1 } });
    await happens(client!, "remoteSettings");
    const gone = happens(client!, "close");
    const over = new AbortController();
    void gone.then(() => over.abort());
    for (let n = 0; n < 5_000 && !over.signal.aborted; n++) {
      const stream = begin({ ":path": "/echo.Service/Say" });
      stream.close(constants.NGHTTP2_CANCEL);
      if (n % 50 === 0) await sleep(1);
    }
    await gone;
    expect(over.signal.aborted).toBe(true);
  });

  it("ends a connection that says nothing, or no more than the preface", async () => {
    await open(echo(), { first: 200 });
    expect(await raw("")).toMatch(/^HTTP\/1\.1 408/);
    expect(await raw("PR")).toMatch(/^HTTP\/1\.1 408/);
    // Settings are answered; a request does not come.
    await raw(PREFACE_AND_SETTINGS);
    await expect.poll(connections).toBe(0);
  });

  it.each([
    ["", "clientError"],
    ["PR", "clientError"],
    ["", "connection"],
  ])("lives through the reset of a connection that says %j, found out at its %s", async (bytes, event) => {
    await open(echo(), { first: 200 });
    await happens(client!, "remoteSettings");
    const cut = new Promise<void>((resolve) => {
      server!.server.prependOnceListener(event, (...given: unknown[]) => {
        const socket = given.at(-1) as Socket;
        // As a write finds it that meets a reset: without a listener this error ends the process.
        const reset = Object.assign(new Error("write ECONNRESET"), { code: "ECONNRESET" });
        if (event === "clientError") socket.destroy(reset);
        else setImmediate(() => socket.destroy(reset));
        socket.once("close", () => resolve());
      });
    });
    const stranger = dial(Number(new URL(url).port), "127.0.0.1");
    stranger.on("error", () => undefined);
    stranger.write(bytes);
    await cut;
    stranger.destroy();
    expect(await (await fetch(`${url}/open`)).json()).toEqual({ ok: true });
  });

  it("holds as many connections as HTTP/1.1 may have, and ends the most silent first", async () => {
    await open(echo());
    const most = CONNECTION_LIMITS.strangers;
    const sockets: Socket[] = [];
    const dialled = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const socket = dial(Number(new URL(url).port), "127.0.0.1");
        socket.on("error", () => undefined);
        socket.write(PREFACE_AND_SETTINGS);
        sockets.push(socket);
        await happens(socket, "data");
      }
    };
    try {
      await dialled(most - 10);
      expect(await call("/echo.Service/Say", "here")).toEqual({ status: 200, body: "here" });
      await dialled(40);
      await expect.poll(connections).toBeLessThanOrEqual(most);
      expect(await call("/echo.Service/Say", "still here")).toEqual({ status: 200, body: "still here" });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it("ends a connection without streams after a while, and none that has one", async () => {
    await open(echo(), { idle: 200 });
    const watching = begin({ ":path": "/echo.Service/Watch" }, true);
    await happens(watching, "response");
    await sleep(600);
    expect(client!.destroyed).toBe(false);
    const gone = happens(client!, "close");
    watching.resume();
    watching.close();
    await gone;
  });

  it("ends a stream whose body does not come, and one whose answer is not taken", async () => {
    const door = echo();
    await open(door, { stall: 400 });
    const watching = begin({ ":path": "/echo.Service/Watch" }, true);
    watching.resume();
    const slow = begin({ ":path": "/echo.Service/Say" });
    slow.write("begun");
    slow.resume();
    // It reads nothing of what it asked for.
    begin({ ":path": "/echo.Service/Much" }, true);
    await expect
      .poll(() => door.cut.toSorted(), { timeout: 20_000 })
      .toEqual(["/echo.Service/Much", "/echo.Service/Say"]);
    // One that waits for the server is left alone.
    await sleep(1_000);
    expect(watching.closed).toBe(false);
    expect(door.cut).toHaveLength(2);
  });

  it("stops at once though a connection says nothing", async () => {
    await open(echo(), { first: 3_600_000 });
    const silent = dial(Number(new URL(url).port), "127.0.0.1");
    silent.on("error", () => undefined);
    const gone = happens(silent, "close");
    client!.destroy();
    await expect.poll(connections).toBeGreaterThan(0);
    await server!.close();
    await gone;
  });

  it("stops: streams end as their door ends them, then the connection", async () => {
    const door = echo();
    await open(door);
    const watching = begin({ ":path": "/echo.Service/Watch" }, true);
    await happens(watching, "response");
    watching.resume();
    const trailers = happens(watching, "trailers");
    const gone = happens(client!, "close");
    await server!.close();
    expect((await trailers)[0]).toMatchObject({ "grpc-status": "14" });
    expect(door.ended).toBe(1);
    await gone;
  });
});
