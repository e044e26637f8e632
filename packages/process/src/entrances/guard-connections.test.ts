import { EventEmitter, once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CONNECTION_LIMITS, type Guard, guardConnections } from "./guard-connections.ts";
import { DISCARD_BYTES } from "./read-body.ts";

let server: Server | undefined;
const clients: Socket[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const client of clients.splice(0)) client.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function open(limits: Partial<typeof CONNECTION_LIMITS>, listener: RequestListener, now?: () => number) {
  server = createServer(listener);
  const guard = guardConnections(server, { ...CONNECTION_LIMITS, ...limits }, () => true, now);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return guard;
}

async function knock(text = ""): Promise<Socket> {
  const { port } = (server as Server).address() as AddressInfo;
  const accepted = once(server as Server, "connection");
  const client = connect(port, "127.0.0.1", () => client.write(text));
  client.on("error", () => undefined);
  clients.push(client);
  await accepted;
  return client;
}

const gone = (client: Socket) => (client.destroyed ? Promise.resolve() : once(client, "close"));

describe("guardConnections", () => {
  it("gives a newcomer the place of the stranger that was silent for longest, and never that of a known client", async () => {
    const guard: Guard = await open({ strangers: 3 }, (request, response) => {
      if (request.url === "/known") guard.vouch(request.socket, "me");
      response.end("x");
    });
    const known = await knock("GET /known HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(known, "data");
    const strangers: Socket[] = [];
    for (let i = 0; i < 6; i++) strangers.push(await knock());
    for (const first of strangers.slice(0, 3)) await gone(first);
    expect([guard.strangers, guard.known]).toEqual([3, 1]);
    known.write("GET /known HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(known, "data");
    expect(strangers.slice(3).map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
  });

  it("keeps a stranger that goes on asking before one that never did", async () => {
    await open({ strangers: 2 }, (_request, response) => response.end("x"));
    const asking = await knock();
    let idle = await knock();
    for (let i = 0; i < 10; i++) {
      asking.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await once(asking, "data");
      const next = await knock();
      await gone(idle);
      idle = next;
    }
    expect(asking.destroyed).toBe(false);
  });

  it("takes a place from whichever network has most", async () => {
    const told = new EventEmitter() as Server;
    const guard = guardConnections(told, { ...CONNECTION_LIMITS, strangers: 10, strangersPerNetwork: 8 });
    const fake = (remoteAddress: string) => {
      const socket = Object.assign(new EventEmitter(), { remoteAddress, destroyed: false, destroy: () => {} });
      socket.destroy = () => {
        socket.destroyed = true;
      };
      told.emit("connection", socket);
      return socket;
    };
    const honest = fake("203.0.113.1");
    const crowd = Array.from({ length: 20 }, () => fake("198.51.100.1"));
    const others = Array.from({ length: 5 }, (_, i) => fake(`2001:db8:${i}::1`));
    expect(guard.strangers).toBe(10);
    expect(honest.destroyed).toBe(false);
    expect(others.every(({ destroyed }) => !destroyed)).toBe(true);
    expect(crowd.filter(({ destroyed }) => !destroyed)).toHaveLength(4);
    told.emit("close");
  });

  it("ends a connection that asks on and on without taking an answer", async () => {
    let asked = 0;
    await open({}, (request) => {
      if (!request.socket.destroyed) asked += 1;
    });
    const eager = await knock("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000));
    await gone(eager);
    expect(asked).toBe(16);
  });

  it("counts further connections of one known client as strangers", async () => {
    const guard: Guard = await open({ perKnown: 2 }, (request, response) => {
      guard.vouch(request.socket, "me");
      response.end("x");
    });
    for (let i = 0; i < 4; i++) await once(await knock("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), "data");
    expect([guard.strangers, guard.known]).toEqual([2, 2]);
  });

  it("takes little of a refused body that goes on coming, however fast", async () => {
    let socket: Socket | undefined;
    await open({}, (request, response) => {
      socket = request.socket;
      response.writeHead(401).end();
    });
    const client = await knock();
    client.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n");
    const ended = new Promise((resolve) => client.once("close", resolve));
    const send = () => {
      while (!client.destroyed && client.write(Buffer.alloc(65_536)));
    };
    client.on("drain", send);
    send();
    await ended;
    // It is looked at fifty times a second, and a gigabyte was to come.
    expect(socket?.bytesRead).toBeGreaterThan(DISCARD_BYTES);
    expect(socket?.bytesRead).toBeLessThan(100 * DISCARD_BYTES);
  });

  it("goes on where a body that was being read is given up, and the answer says why", async () => {
    const kept: (Socket | null)[] = [];
    await open({}, async (request, response) => {
      for await (const _ of request) break;
      response
        .on("finish", () => kept.push(request.socket))
        .writeHead(507)
        .end();
    });
    const client = await knock("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    const [answer] = await once(client, "data");
    expect(String(answer)).toContain("507");
    await expect.poll(() => kept).toEqual([null]);
    await (await knock("GET / HTTP/1.1\r\nhost: x\r\n\r\n")).destroy();
  });

  describe("as time goes by", () => {
    /** The guard's own timers and clock; sockets are real. */
    async function openTimed(listener: RequestListener, limits: Partial<typeof CONNECTION_LIMITS> = {}) {
      let now = 0;
      vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "clearInterval", "clearTimeout"] });
      await open(limits, listener, () => now);
      return async (seconds: number) => {
        for (let passed = 0; passed < seconds; passed += 5) {
          now += 5000;
          vi.advanceTimersByTime(5000);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
    }
    const post = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";

    it("cuts off a body that stands still, and one that only drips", async () => {
      const pass = await openTimed((request) => request.resume());
      const still = await knock(`${post}abc`);
      const dripping = await knock(post);
      for (let i = 0; i < 5; i++) {
        await pass(5);
        dripping.write("x");
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect([still.destroyed, dripping.destroyed]).toEqual([false, false]);
      await pass(15);
      await gone(still);
      for (let i = 0; i < 12 && !dripping.destroyed; i++) {
        dripping.write("x");
        await new Promise((resolve) => setImmediate(resolve));
        await pass(5);
      }
      await gone(dripping);
    });

    it("leaves a client alone that waits for the server, whether for an answer or to go on sending", async () => {
      const pass = await openTimed(() => undefined);
      const waiting = await knock("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      const unread = await knock(`${post}abc`);
      const asked = once(server as Server, "request");
      await asked;
      await pass(600);
      expect([waiting.destroyed, unread.destroyed]).toEqual([false, false]);
    });

    it("cuts off a client that takes nothing of its answer", async () => {
      const pass = await openTimed((_request, response) => {
        response.end(Buffer.alloc(64 * 1024 * 1024));
      });
      const deaf = await knock();
      deaf.pause();
      deaf.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await once(server as Server, "request");
      await pass(60);
      deaf.resume();
      await gone(deaf);
      expect(deaf.bytesRead).toBeLessThan(64 * 1024 * 1024);
    });

    it("cuts off a client that takes an answer by sips", async () => {
      let served: Socket | undefined;
      const send: RequestListener = ({ socket }, response) => {
        served = socket;
        for (let i = 0; i < 1024; i++) response.write(Buffer.alloc(65_536));
        response.end();
      };
      // A client of Node takes 64 KiB at a time.
      const pass = await openTimed(send, { bytesPerMinute: 4 * 1024 * 1024 });
      const sipping = await knock();
      sipping.pause();
      sipping.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await once(server as Server, "request");
      let sips = 0;
      for (; sips < 60 && served?.destroyed !== true; sips++) {
        sipping.read(100);
        await pass(5);
      }
      sipping.resume();
      await gone(sipping);
      expect(sips).toBeLessThan(30);
    });

    it("ends the connection when a refused body goes on coming", async () => {
      const pass = await openTimed((_request, response) => response.writeHead(401).end());
      const client = await knock(`${post}abc`);
      await once(client, "data");
      await pass(5);
      await gone(client);
    });
  });
});
