import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Choices } from "../kill-loop/random.ts";

/** Where a client may knock, by the kind of server that listens there. */
export type Entrance = "gateway" | "downstream" | "chain" | "provider";

/** What the clients of one kind met with. */
export interface Tally {
  connections: number;
  /** Connections that were not taken, or reset. */
  refused: number;
  /** Connections that the server ended. */
  cutOff: number;
  sentBytes: number;
  /** Answers by status code. */
  answers: Record<string, number>;
}

export interface Client {
  entrance: Entrance;
  url: URL;
  choices: Choices;
  tally: Tally;
  signal: AbortSignal;
}

type Misbehaviour = (client: Client) => Promise<void>;

/** For how long a client sits on a connection that the server lets it keep. */
const SIT_MILLISECONDS = [5_000, 60_000] as const;
const PAUSE_MILLISECONDS = 200;
const MIB = 1024 * 1024;

const TOKEN = "0".repeat(32);
const HASH = `0x${"0".repeat(64)}`;
/** Routes that take a body. */
const POSTS: Record<Entrance, readonly string[]> = {
  gateway: [
    "POST /api/v1/providers",
    "POST /api/v1/provider/proofs",
    "POST /api/v1/provider/damage",
    `POST /api/v1/provider/ranges/${TOKEN}`,
    "POST /api/v1/packages",
    `PUT /api/v1/packages/${TOKEN}/pieces/0`,
    `PUT /api/v1/packages/${TOKEN}/manifest`,
    `POST /api/v1/packages/${TOKEN}/blocks`,
    "PUT /api/v1/account",
    "POST /api/v1/faucet",
  ],
  downstream: [
    `POST /api/downstream/answer/${TOKEN}`,
    `POST /api/downstream/challenge/${TOKEN}`,
    "POST /api/downstream/new/1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
  ],
  chain: ["POST /"],
  provider: ["POST /v1/request"],
};
const GETS: Record<Entrance, readonly string[]> = {
  gateway: ["/", "/health", "/openapi.json", "/api/v1/status", "/api/v1/packages", `/api/v1/provider/verdicts/${HASH}`],
  downstream: ["/downstream", "/downstream/data", "/api/downstream/status/list", `/api/downstream/chunk/${TOKEN}`],
  chain: ["/"],
  provider: ["/v1/health", `/v1/shards/${HASH}`],
};
const SOCKETS: Record<Entrance, readonly string[]> = {
  gateway: ["/api/v1/live", "/api/v1/provider/control"],
  downstream: ["/api/v1/live"],
  chain: ["/"],
  provider: ["/"],
};

/** One connection, watched; resolves when it ended, by whichever side. */
class Line {
  readonly #socket: Socket;
  readonly #client: Client;
  readonly ended: Promise<void>;

  constructor(client: Client) {
    const { url, tally, signal } = client;
    tally.connections += 1;
    const socket = connect(Number(url.port), url.hostname.replace(/^\[|\]$/g, ""));
    this.#socket = socket;
    this.#client = client;
    let open = false;
    let answered = "";
    this.ended = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.once("connect", () => {
      open = true;
    });
    socket.on("data", (bytes) => {
      if (answered.length < 4096) {
        answered += bytes.toString("latin1");
        for (const [, status] of answered.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          tally.answers[status ?? ""] = (tally.answers[status ?? ""] ?? 0) + 1;
        }
        if (/HTTP\/1\.1 \d{3} /.test(answered)) answered = "";
      }
    });
    socket.once("end", () => {
      tally.cutOff += 1;
    });
    socket.on("error", () => {
      if (open) tally.cutOff += 1;
      else tally.refused += 1;
    });
    const stop = () => socket.destroy();
    signal.addEventListener("abort", stop, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", stop));
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Resolves when the bytes have left, or the connection ended. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (!this.open) return;
    this.#client.tally.sentBytes += bytes.length;
    if (!this.#socket.write(bytes)) {
      await Promise.race([new Promise((resolve) => this.#socket.once("drain", resolve)), this.ended]);
    }
  }

  deaf(): void {
    this.#socket.pause();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Wait, but no longer than the connection lives. */
  async wait(milliseconds: number): Promise<void> {
    const waited = new AbortController();
    await Promise.race([
      sleep(milliseconds, undefined, { signal: AbortSignal.any([waited.signal, this.#client.signal]) }).catch(() => {}),
      this.ended,
    ]);
    waited.abort();
  }

  async sit(): Promise<void> {
    await this.wait(this.#client.choices.between(...SIT_MILLISECONDS));
    this.close();
  }
}

function head(client: Client, line: string, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = { host: client.url.host, "content-type": "application/json", ...headers };
  return `${line} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
}

const post = (client: Client) => client.choices.of(POSTS[client.entrance]);
const get = (client: Client) => `GET ${client.choices.of(GETS[client.entrance])}`;

function upgrade(client: Client): string {
  return head(client, `GET ${client.choices.of(SOCKETS[client.entrance])}`, {
    upgrade: "websocket",
    connection: "upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
  });
}

const bomb = gzipSync(Buffer.alloc(64 * MIB, "["));
const brackets = Buffer.alloc(256 * 1024, "[{},");
const zeros = Buffer.alloc(64 * 1024, "0");
/** Frames that are broken, endless, or larger than any socket takes. */
const FRAMES: readonly Buffer[] = [
  Buffer.from([0xff, 0xff]),
  Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
  Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]),
  Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
  Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 0, 0, 0, 0]), zeros]),
  Buffer.concat([Buffer.from([0x01, 0xfe, 0xff, 0xff, 0, 0, 0, 0]), zeros.subarray(1)]),
];

/** Every way in which a client of the flood behaves, by name. Each does it once, and is called again and again. */
const MISBEHAVIOURS = {
  async idleSocket(client) {
    await new Line(client).sit();
  },

  async slowHeaders(client) {
    const line = new Line(client);
    const text = head(client, get(client), { "x-slow": "a".repeat(4000) });
    for (const letter of text) {
      if (!line.open) break;
      await line.send(letter);
      await line.wait(1000);
    }
    line.close();
  },

  async stalledBody(client) {
    const line = new Line(client);
    await line.send(head(client, post(client), { "content-length": String(8 * MIB), authorization: "Bearer wrong" }));
    for (let sent = 0; sent < 7 * MIB && line.open; sent += zeros.length) await line.send(zeros);
    await line.sit();
  },

  async drippingBody(client) {
    const line = new Line(client);
    await line.send(head(client, post(client), { "content-length": String(MIB) }));
    while (line.open && !client.signal.aborted) {
      await line.send("[");
      await line.wait(1000);
    }
    line.close();
  },

  async endlessBody(client) {
    const line = new Line(client);
    await line.send(head(client, post(client), { "transfer-encoding": "chunked" }));
    const chunk = Buffer.concat([Buffer.from(`${zeros.length.toString(16)}\r\n`), zeros, Buffer.from("\r\n")]);
    for (let sent = 0; sent < 64 * MIB && line.open; sent += zeros.length) {
      await line.send(chunk);
      await line.wait(20);
    }
    line.close();
  },

  async compressionBomb(client) {
    const line = new Line(client);
    const headers = { "content-length": String(bomb.length), "content-encoding": "gzip", connection: "close" };
    await line.send(head(client, post(client), headers));
    await line.send(bomb);
    await line.sit();
  },

  async denseJson(client) {
    const line = new Line(client);
    await line.send(head(client, post(client), { "content-length": String(brackets.length), connection: "close" }));
    await line.send(brackets);
    await line.sit();
  },

  async halfOpenWebSocket(client) {
    const line = new Line(client);
    await line.send(upgrade(client));
    await line.sit();
  },

  async brokenFrames(client) {
    const line = new Line(client);
    await line.send(upgrade(client));
    await line.wait(100);
    await line.send(client.choices.of(FRAMES));
    await line.sit();
  },

  async hugeHeaders(client) {
    const line = new Line(client);
    await line.send(`${get(client)} HTTP/1.1\r\nhost: ${client.url.host}\r\n`);
    for (let i = 0; i < 64 && line.open; i += 1) await line.send(`x-${i}: ${"a".repeat(4096)}\r\n`);
    await line.sit();
  },

  async pipelinedJunk(client) {
    const line = new Line(client);
    const good = head(client, get(client));
    const bad = randomBytes(client.choices.integer(1, 2048));
    await line.send(Buffer.concat([Buffer.from(good.repeat(client.choices.integer(1, 20))), bad]));
    await line.wait(1000);
    line.close();
  },

  async deafReader(client) {
    const line = new Line(client);
    line.deaf();
    const question = head(client, get(client)).repeat(50);
    for (let i = 0; i < 20 && line.open; i += 1) {
      await Promise.race([line.send(question), line.wait(2000)]);
      await line.wait(100);
    }
    await line.sit();
  },

  async resetStorm(client) {
    for (let i = 0; i < 5; i += 1) {
      const line = new Line(client);
      await line.send(head(client, post(client), { "content-length": "1000" }));
      await line.wait(client.choices.between(0, 50));
      line.reset();
    }
  },
} satisfies Record<string, Misbehaviour>;

export type MisbehaviourName = keyof typeof MISBEHAVIOURS;
export const MISBEHAVIOUR_NAMES = Object.keys(MISBEHAVIOURS) as MisbehaviourName[];

/** Misbehave until the signal. */
export async function misbehave(name: MisbehaviourName, client: Client): Promise<void> {
  while (!client.signal.aborted) {
    await MISBEHAVIOURS[name](client);
    await sleep(PAUSE_MILLISECONDS, undefined, { signal: client.signal }).catch(() => {});
  }
}
