import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";

/** A request as it came by. */
export interface Call {
  /** Method and path with its query, as `PUT /api/v1/packages/…/pieces/0?offset=0`. */
  line: string;
  /** Bytes of its body that were passed on. */
  sent: number;
  /** Bytes of its answer that were passed on. */
  received: number;
  /** What was sent, where it was JSON. */
  json: string;
}

/** A body that waits in the middle. */
interface Held {
  /** Resolves when it waits. */
  reached: Promise<Call>;
  /** Pass on the rest of it. */
  go(): void;
}

/** What the page gets for an answer. */
type Alter = (answer: Buffer, call: Call) => Buffer | Promise<Buffer>;

/**
 * Stands between a page and its gateway and passes everything on, but for what it is told to alter or to hold. The page is loaded through it, so
 * that all of it is one origin.
 */
export interface GoBetween {
  url: string;
  calls: Call[];
  /** Calls whose lines fit. */
  of(line: RegExp): Call[];
  /** Alter whole answers; where it throws, the page gets none. @returns what ends it */
  alter(line: RegExp, change: Alter): () => void;
  /** The same for answers in JSON. */
  alterJson<T>(line: RegExp, change: (answer: T, call: Call) => void): () => void;
  /** Hold the next body that fits and is as long, of a request or of its answer, after so many bytes. */
  hold(what: "request" | "answer", line: RegExp, after: number): Held;
  close(): Promise<void>;
}

interface Hold {
  what: "request" | "answer";
  line: RegExp;
  after: number;
  reach: (call: Call) => void;
  released: Promise<void>;
}

export async function goBetween(gateway: string): Promise<GoBetween> {
  const { hostname, port } = new URL(gateway);
  const target = { host: hostname, port: Number(port) };
  const calls: Call[] = [];
  const alterations = new Set<{ line: RegExp; change: Alter }>();
  const holds = new Set<Hold>();
  const sockets = new Set<Socket>();

  async function* passed(source: AsyncIterable<Buffer>, what: Hold["what"], call: Call): AsyncGenerator<Buffer> {
    const count = what === "request" ? "sent" : "received";
    for await (const part of source) {
      const end = call[count] + part.length;
      const held = [...holds].find((one) => one.what === what && one.after <= end && one.line.test(call.line));
      if (held !== undefined) {
        holds.delete(held);
        const first = part.subarray(0, Math.max(0, held.after - call[count]));
        call[count] += first.length;
        yield first;
        held.reach(call);
        await held.released;
        yield part.subarray(first.length);
      } else yield part;
      call[count] = end;
    }
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: Call = { line: `${request.method} ${request.url}`, sent: 0, received: 0, json: "" };
    calls.push(call);
    const headers = { ...request.headers, "accept-encoding": "identity" };
    const onward = send({ ...target, method: request.method, path: request.url, headers });
    response.once("close", () => onward.destroy());
    const answered = once(onward, "response") as Promise<[IncomingMessage]>;
    // The gateway may answer, or go, before it has the whole body.
    const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
    const sending = pipeline(
      request,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const part of passed(source, "request", call)) {
          if (isJson) call.json += part.toString();
          yield part;
        }
      },
      onward,
    );
    sending.catch(() => undefined);
    const [answer] = await answered;
    const altering = [...alterations].filter(({ line }) => line.test(call.line));
    if (altering.length === 0) {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      await pipeline(answer, (source: AsyncIterable<Buffer>) => passed(source, "answer", call), response);
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    let body = Buffer.concat(parts);
    if (answer.statusCode === 200) for (const { change } of altering) body = Buffer.from(await change(body, call));
    call.received += body.length;
    const { "transfer-encoding": _, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { ...kept, "content-length": body.length }).end(body);
  }

  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const onward = connect(target, () => {
      const { rawHeaders } = request;
      const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
      onward.write([`GET ${request.url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [socket, onward]) {
      one.on("error", () => undefined);
      one.once("close", () => (one === socket ? onward : socket).destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const alter: GoBetween["alter"] = (line, change) => {
    const one = { line, change };
    alterations.add(one);
    return () => void alterations.delete(one);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    of: (line) => calls.filter((call) => line.test(call.line)),
    alter,
    alterJson: <T>(line: RegExp, change: (answer: T, call: Call) => void) =>
      alter(line, (body, call) => {
        const answer = JSON.parse(body.toString()) as T;
        change(answer, call);
        return Buffer.from(JSON.stringify(answer));
      }),
    hold(what, line, after) {
      const reached = Promise.withResolvers<Call>();
      const released = Promise.withResolvers<void>();
      holds.add({ what, line, after, reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, go: released.resolve };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
