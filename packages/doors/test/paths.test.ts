import { Readable } from "node:stream";
import type { FarmerStatus, StatusSource } from "@cairn/doors/downstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryNode } from "./support/memory-node.ts";
import { type OpenDoor, openDoor } from "./support/open-door.ts";

const HASH = "ab".repeat(32);
const BYTES = Buffer.from("the bytes of a shard");
const FARMER: FarmerStatus = {
  id: "3ee8687a1a5580b6b0c2",
  address: "18ZCamw21V7RxavSnxR5PUXbueEUJaGJdG",
  location: { country: "United Kingdom", state: "England", city: "London", zip: "N5", lat: 51.5508, lon: -0.0912 },
  uptime: 100,
  heartbeats: 2430,
  contracts: 1,
  last_due: "2026-11-21T10:23:27",
  size: 100,
  online: true,
  ip: "00",
};
const asked: unknown[] = [];
const status: StatusSource = {
  async list(query) {
    asked.push(query);
    return [FARMER];
  },
  show: async (id) => (id === FARMER.id ? FARMER : undefined),
};
const node = new MemoryNode();
let door: OpenDoor;

beforeAll(async () => {
  const shards = {
    open: async (source: string, { start, end }: { start: number; end: number }) => {
      if (source !== "place") throw new Error(`no such place ${source}`);
      return Readable.from([BYTES.subarray(start, end)]);
    },
  };
  node.shards.set(HASH, { source: "place", size: BYTES.length });
  door = await openDoor({ node, status, shards });
});

afterAll(async () => {
  await door.close();
  expect(door.errors).toEqual([]);
});

describe.each(["/api/downstream", "/api/downstream/v1"])("paths below %s", (prefix) => {
  it("answers at its root, with a slash and without, without a redirect", async () => {
    for (const path of [prefix, `${prefix}/`, `${prefix}?x=1`]) {
      const answer = await door.call("GET", path);
      expect([answer.status, answer.json]).toEqual([200, { msg: "ok" }]);
      expect((await door.call("HEAD", path)).status).toBe(200);
    }
  });

  it("tells monitors the headers of whatever can be got, and makes nothing for them", async () => {
    node.calls.length = 0;
    for (const path of ["/status/list", `/status/show/${FARMER.id}`, `/heartbeat/${node.token}`]) {
      const [head, get] = [await door.call("HEAD", prefix + path), await door.call("GET", prefix + path)];
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
    }
    for (const path of [`/new/${node.address}`, `/chunk/${node.token}`, `/nonce/${node.address}`, `/shard/${HASH}`])
      expect((await door.call("HEAD", prefix + path)).status).toBe(200);
    expect(node.calls.map(({ name }) => name)).toEqual(["find", "find"]);
  });

  it("shows farmers, with a slash at the end and without", async () => {
    for (const end of ["", "/"]) {
      expect((await door.call("GET", `${prefix}/status/show/${FARMER.id}${end}`)).json).toEqual(FARMER);
      expect((await door.call("GET", `${prefix}/status/list${end}`)).json).toEqual({ farmers: [FARMER] });
      await door.call("GET", `${prefix}/status/list/online/by/d/contracts/15/2${end}`);
      expect(asked.at(-1)).toEqual({ onlineOnly: true, sort: "contracts", descending: true, limit: 15, page: 2 });
    }
  });

  it.each([
    ...["/nonsense", "/new", "/new/", "/new/a/b", "/chunk", "/chunk/a/-1", "/chunk/a/1.5", "/chunk/a/x", "/chunk/a/1/"],
    ...[
      "/heartbeat/a/b",
      "/challenge",
      "/challenge/a/b/c",
      "/answer/a/b/c",
      "/status",
      "/status/show",
      "/status/show/",
    ],
    ...[
      "/status/list/x",
      "/status/list/by",
      "/status/show/a/b",
      "/token/x",
      "/tag/k/h",
      "/private_heartbeat/k",
      "//",
      "/v1/x",
    ],
  ])("has nothing at %s, and says so as Flask does", async (path) => {
    for (const method of ["GET", "POST", "PROPFIND"]) {
      const answer = await door.call(method, prefix + path, method === "POST" ? { body: "{" } : {});
      expect(answer.status).toBe(404);
      expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(answer.text).toContain("<title>404 Not Found</title>");
    }
  });

  it.each([
    ["DELETE", "/new/a", "GET, HEAD, POST, OPTIONS"],
    ["POST", "/heartbeat/a", "GET, HEAD, OPTIONS"],
    ["POST", "/chunk/a", "GET, HEAD, OPTIONS"],
    ["POST", "/challenge/a/b", "GET, HEAD, OPTIONS"],
    ["GET", "/answer/a", "POST, OPTIONS"],
    ["HEAD", "/answer/a", "POST, OPTIONS"],
    ["PATCH", "/answer/a/b", "POST, OPTIONS"],
    ["GET", "/token", "POST, DELETE, OPTIONS"],
    ["PUT", "/status/list", "GET, HEAD, OPTIONS"],
    ["PROPFIND", "/answer/a", "POST, OPTIONS"],
  ])("does not know %s %s", async (method, path, allow) => {
    const answer = await door.call(method, prefix + path);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    if (method !== "HEAD") expect(answer.text).toContain("<title>405 Method Not Allowed</title>");
    const options = await door.call("OPTIONS", prefix + path);
    expect([options.status, options.headers.allow, options.text]).toEqual([200, allow, ""]);
  });

  it("serves a shard whole and in parts to a token with a contract on it, and to no one else", async () => {
    const headers = { authorization: `Bearer ${node.token}` };
    const whole = await door.call("GET", `${prefix}/shard/${HASH}`, { headers });
    expect([whole.status, whole.text]).toEqual([200, BYTES.toString()]);
    expect(whole.headers).toMatchObject({ "content-length": String(BYTES.length), "accept-ranges": "bytes" });
    const part = await door.call("GET", `${prefix}/shard/${HASH}`, { headers: { ...headers, range: "bytes=4-8" } });
    expect([part.status, part.text, part.headers["content-range"]]).toEqual([
      206,
      "bytes",
      `bytes 4-8/${BYTES.length}`,
    ]);
    const beyond = await door.call("GET", `${prefix}/shard/${HASH}`, { headers: { ...headers, range: "bytes=99-" } });
    expect([beyond.status, beyond.headers["content-range"]]).toEqual([416, `bytes */${BYTES.length}`]);
    const foreign = await door.call("GET", `${prefix}/shard/${"00".repeat(32)}`, { headers });
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual({ status: "error", message: "No contract of this token is on that shard." });
    for (const authorization of ["", "Basic x", `Bearer ${"0".repeat(32)}`, "Bearer x"]) {
      expect((await door.call("GET", `${prefix}/shard/${HASH}`, { headers: { authorization } })).status).toBe(401);
    }
  });
});

describe("the rest of the listener", () => {
  it("is left as it was", async () => {
    expect((await door.call("GET", "/")).json).toEqual({ msg: "debugging" });
    expect((await door.call("GET", "/api/other")).json).toMatchObject({ statusCode: 404 });
    expect((await door.call("GET", "/api/downstreamx")).json).toMatchObject({ statusCode: 404 });
  });
});
