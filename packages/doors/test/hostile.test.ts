import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { DEFAULT_TRAFFIC } from "@cairn/doors/downstream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryNode } from "./support/memory-node.ts";
import { type Answer, openDoor } from "./support/open-door.ts";
import { prove, randomFile } from "./support/original-proofs.ts";
import { openRealDoor, type RealDoor } from "./support/real-door.ts";
import { readSignedMessageVectors } from "./support/vectors.ts";

const PREFIXES = ["/api/downstream", "/api/downstream/v1"];
const MEGABYTE = 1024 * 1024;
const [{ address, message, signature } = { address: "", message: "", signature: "" }] =
  readSignedMessageVectors().cases;

interface Chunk {
  file_hash: string;
  seed: string;
  size: number;
  tag: never;
  challenge: never;
}

let door: RealDoor;
let token: string;
let chunks: Chunk[];
let foreign: string;

beforeAll(async () => {
  door = await openRealDoor({ requireSignature: true, maxTokensPerNetwork: 5 }, () => Date.now() / 1000);
  token = await newToken();
  chunks = await chunksOf(token, 8192);
  [foreign = ""] = (await chunksOf(await newToken(), 4096)).map(({ file_hash }) => file_hash);
});

afterAll(() => door.close());

async function newToken(): Promise<string> {
  const body = JSON.stringify({ message, signature });
  const answer = await door.call("POST", `${PREFIXES[1]}/new/${address}`, {
    body,
    headers: { "content-type": "application/json" },
  });
  return (answer.json as { token: string }).token;
}

async function chunksOf(owner: string, size: number): Promise<Chunk[]> {
  return ((await door.call("GET", `${PREFIXES[1]}/chunk/${owner}/${size}`)).json as { chunks: Chunk[] }).chunks;
}

/** 200 with JSON, 4xx with a message, or Flask's pages; never 500, and nothing in the node's log. */
function expectDocumented({ status, headers, json, text }: Answer): void {
  const type = String(headers["content-type"]);
  if (status === 200) expect(type).toBe("application/json");
  else if (type.startsWith("text/html")) expect([404, 405]).toContain(status);
  else {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(json).toEqual({ status: "error", message: expect.any(String) });
  }
  expect(text).not.toMatch(/downstream\.|select |node_modules|undefined/);
  expect(door.errors).toEqual([]);
  expect(door.warnings).toEqual([]);
}

const hash = fc.oneof(
  fc.constantFrom("own", "foreign").map((which) => ({ which })),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.string(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.jsonValue(),
);
const base64 = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const anything = fc.oneof({ depthSize: "small" }, fc.jsonValue(), base64, fc.string({ unit: "binary" }));
const proof = fc.oneof(
  anything,
  fc.record(
    {
      leaf: fc.oneof(
        anything,
        fc.record({ index: fc.oneof(fc.double(), fc.integer()), blob: fc.oneof(base64, anything) }),
      ),
      branch: fc.oneof(
        anything,
        fc.record({
          rows: fc.oneof(anything, fc.array(fc.oneof(anything, fc.array(base64, { maxLength: 3 })), { maxLength: 20 })),
        }),
      ),
    },
    { requiredKeys: [] },
  ),
);
const body = fc.oneof(
  anything,
  fc.record({
    proofs: fc.oneof(anything, fc.array(fc.record({ file_hash: hash, proof }, { requiredKeys: [] }), { maxLength: 8 })),
  }),
  fc.record({ hashes: fc.oneof(anything, fc.array(hash, { maxLength: 8 })) }),
  fc.record({ proof }),
  fc.record({ message: anything, signature: fc.oneof(anything, fc.constant(signature)) }),
);
const raw = fc.oneof(
  body.map((value) => JSON.stringify(value, named)),
  body.map((value) => JSON.stringify(value, named).slice(0, -1)),
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  body.map((value) => gzipSync(JSON.stringify(value, named))),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.of(0x1f, 0x8b), bytes])),
);

/** Puts hashes of this farmer's and of another's contracts where the generators name them. */
function named(_key: string, value: unknown): unknown {
  const which = (value as { which?: unknown } | null)?.which;
  if (which === "own") return chunks[0]?.file_hash;
  return which === "foreign" ? foreign : value;
}

describe("fuzzed requests", () => {
  it("are answered as documented, whatever the body", async () => {
    const path = fc.constantFrom("answer", "answer1", "challenge", "new");
    const types = fc.constantFrom("application/json", "text/plain", "", 'application/json; charset="', "nonsense");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PREFIXES), path, raw, types, async (prefix, where, sent, type) => {
        const paths = {
          answer: `answer/${token}`,
          answer1: `answer/${token}/${chunks[0]?.file_hash}`,
          challenge: `challenge/${token}`,
          new: `new/${address}`,
        };
        const headers = { "content-type": type, "content-encoding": "gzip" };
        expectDocumented(
          await door.call("POST", `${prefix}/${paths[where as keyof typeof paths]}`, { body: sent, headers }),
        );
      }),
      { numRuns: 600 },
    );
  });

  it("are answered as documented, whatever the path", async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        "new",
        "chunk",
        "heartbeat",
        "challenge",
        "answer",
        "status",
        "list",
        "show",
        "by",
        "d",
        "online",
        "token",
        "shard",
        "nonce",
      ),
      fc.constantFrom("uptime", "1", "999999999999999999999", "-1", "%00", "%C3%BC", "..", "", address),
      fc.constant("TOKEN"),
      fc.string().map(encodeURIComponent),
    );
    const method = fc.constantFrom("GET", "POST", "DELETE", "PUT", "OPTIONS", "PATCH");
    const query = fc.oneof(
      fc.constant(""),
      fc.string().map((text) => `?${encodeURIComponent(text)}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PREFIXES),
        fc.array(segment, { maxLength: 6 }),
        method,
        query,
        async (prefix, segments, verb, end) => {
          const path = segments.map((one) => (one === "TOKEN" ? token : one)).join("/");
          const answer = await door.call(verb, `${prefix}/${path}${end}`);
          if (answer.status !== 200 || verb !== "OPTIONS") expectDocumented(answer);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("have a path that can be decoded, or reach no route at all", async () => {
    expect((await door.call("GET", `${PREFIXES[0]}/%ff`)).status).toBe(400);
  });

  it("tell nothing of contracts of others and count nothing", async () => {
    const own = chunks[0]?.file_hash;
    const post = async (path: string, value: unknown) =>
      (await door.call("POST", `${PREFIXES[1]}/${path}/${token}`, { body: JSON.stringify(value) })).json;
    expect(await post("challenge", { hashes: [foreign] })).toEqual({
      challenges: [{ file_hash: foreign, error: "contract not found" }],
    });
    expect(await post("answer", { proofs: [{ file_hash: foreign, proof: {} }] })).toEqual({
      report: [{ file_hash: foreign, error: "contract not found" }],
    });
    const { rows } = await door.database.pool.query("select sum(heartbeats)::int as n from downstream.tokens");
    expect(rows).toEqual([{ n: 0 }]);
    const [chunk] = chunks as [Chunk];
    const good = prove("Merkle", null, randomFile(chunk.seed, chunk.size), chunk.tag, chunk.challenge);
    const twice = await post("answer", { proofs: Array(50).fill({ file_hash: own, proof: good }) });
    const [first, ...others] = (twice as { report: object[] }).report;
    expect(first).toEqual({ file_hash: own, status: "ok" });
    expect(new Set(others.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ file_hash: own, error: "Challenge already answered." })]),
    );
  });
});

describe("large and slow requests", () => {
  it("leave memory as it was", async () => {
    const bodies = [
      Buffer.alloc(10 * MEGABYTE, " "),
      Buffer.alloc(8 * MEGABYTE - 16, "["),
      Buffer.from(`{"proofs":[${Array(100_000).fill('{"file_hash":1,"proof":{}}').join(",")}]}`),
      await promisify(gzip)(Buffer.alloc(128 * MEGABYTE, " ")),
      randomBytes(8 * MEGABYTE),
    ];
    const round = async () => {
      for (const sent of bodies) {
        for (const path of [`answer/${token}`, `challenge/${token}`, `new/${address}`]) {
          const headers = { "content-type": "application/json" };
          const answer = await door.call("POST", `${PREFIXES[1]}/${path}`, { body: sent, headers });
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expectDocumented(answer);
        }
      }
    };
    await round();
    await round();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 5; n++) await round();
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * MEGABYTE);
  });

  it("inflate nothing under a token of nobody's", async () => {
    const node = new MemoryNode();
    const quiet = await openDoor({ node });
    const body = gzipSync(JSON.stringify({ proofs: "no list" }));
    const answer = (whose: string) => quiet.call("POST", `/api/downstream/v1/answer/${whose}`, { body });
    expect((await answer(node.token)).json).toEqual({ status: "error", message: expect.stringMatching(/proofs/) });
    expect((await answer("0".repeat(32))).json).toEqual({ status: "error", message: "Nonexistent token." });
    expect(node.calls.map(({ name }) => name)).toEqual(["find", "find"]);
    await quiet.close();
  });

  it("count what their bodies inflate to, one after the other, until they are answered", async () => {
    const node = new MemoryNode();
    const traffic = { ...DEFAULT_TRAFFIC, heldBytes: { perNetwork: 2 * MEGABYTE, total: 2 * MEGABYTE } };
    const narrow = await openDoor({ node, traffic });
    const post = async (megabytes: number) => {
      const body = gzipSync(Buffer.alloc(megabytes * MEGABYTE, " "));
      return (await narrow.call("POST", `/api/downstream/v1/answer/${node.token}`, { body })).status;
    };
    expect(await post(4)).toBe(429);
    // Each has room by itself, and none of them beside another.
    expect(await Promise.all(Array.from({ length: 20 }, () => post(1.5)))).toEqual(Array(20).fill(400));
    expect(narrow.errors).toEqual([]);
    await narrow.close();
  });

  it("hear of their refusal where their body was not even read", async () => {
    const sent = Buffer.alloc(10 * MEGABYTE, " ");
    expect((await door.call("POST", `${PREFIXES[1]}/nonsense`, { body: sent })).status).toBe(404);
    expect((await door.call("PUT", `${PREFIXES[1]}/answer/${token}`, { body: sent })).status).toBe(405);
    expect((await door.call("POST", `${PREFIXES[1]}/answer/nonsense`, { body: sent })).status).toBe(400);
  });

  it("time out when a body does not come, while others are served", async () => {
    const slow = await openDoor({ node: new MemoryNode(), bodyTimeoutMilliseconds: 300 });
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect({ port: slow.port, host: "127.0.0.1" });
      const heard: Buffer[] = [];
      socket.on("data", (part) => heard.push(part)).on("error", () => undefined);
      socket.write(`POST /api/downstream/answer/${"0".repeat(32)} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
      return new Promise<string>((resolve) => socket.on("close", () => resolve(Buffer.concat(heard).toString())));
    });
    expect((await slow.call("GET", "/api/downstream")).status).toBe(200);
    for (const text of await Promise.all(sockets)) {
      expect(text).toMatch(/^HTTP\/1.1 408 /);
      expect(text).toContain("The request's body did not arrive in time.");
    }
    await slow.close();
  });

  it("survive bodies that break off", async () => {
    const before = door.errors.length;
    for (let n = 0; n < 20; n++) {
      const socket = connect({ port: door.port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      socket.write(`POST /api/downstream/answer/${token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
      await sleep(n % 5);
      socket.destroy();
    }
    await sleep(50);
    expect(door.errors.length).toBe(before);
    expect((await door.call("GET", "/api/downstream")).status).toBe(200);
  });
});

describe("a flood from one network", () => {
  it("is stopped, while a farmer elsewhere goes on", async () => {
    const traffic = {
      ...DEFAULT_TRAFFIC,
      rates: { requests: { perSecond: 20, burst: 50 }, registrations: { perSecond: 1, burst: 3 } },
    };
    const settings = { requireSignature: false, trustedProxies: ["loopback"] };
    const flooded = await openRealDoor(settings, () => Date.now() / 1000, { traffic });
    const from = (ip: string) => ({ headers: { "x-forwarded-for": ip } });
    const flood = Promise.all(
      Array.from({ length: 400 }, () => flooded.call("GET", `/api/downstream/challenge/${token}`, from("203.0.113.9"))),
    );
    const path = `/api/downstream/v1/new/${address}`;
    expect((await flooded.call("GET", path, from("198.51.100.7"))).status).toBe(200);
    const statuses = (await flood).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(250);
    const refused = (await flood).find(({ status }) => status === 429);
    expect(refused?.json).toEqual({
      status: "error",
      message: "Too many requests from your network, please slow down.",
    });
    expect(refused?.headers["retry-after"]).toBe("1");
    const registrations = await Promise.all(
      Array.from({ length: 5 }, () => flooded.call("GET", path, from("2001:db8::1"))),
    );
    expect(registrations.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    expect((await flooded.call("GET", path, from("2001:db8:0:1::1"))).status).toBe(200);
    expect(flooded.errors).toEqual([]);
    await flooded.close();
  });
});
