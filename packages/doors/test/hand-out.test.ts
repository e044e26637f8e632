import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryNode } from "./support/memory-node.ts";
import { type OpenDoor, openDoor } from "./support/open-door.ts";
import { openRealDoor, type RealDoor } from "./support/real-door.ts";
import { readSignedMessageVectors } from "./support/vectors.ts";

const [{ address } = { address: "" }] = readSignedMessageVectors().cases;

/** Sends a GET and leaves the answer unread. */
async function ask(port: number, path: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined).pause();
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

describe("the end of a response with contracts", () => {
  const node = new MemoryNode();
  const path = `/api/downstream/v1/chunk/${node.token}`;
  const challenge = { seed: "", index: 0 };
  const chunk = {
    hash: "ab".repeat(32),
    size: 1,
    seed: "",
    challenge,
    tag: "",
    due: 1,
    redundancy: { wanted: 1, held: 1 },
  };
  let door: OpenDoor;

  beforeAll(async () => {
    door = await openDoor({ node, stallMilliseconds: 1500 });
  });

  afterAll(() => door.close());

  it("confirms them when it has left whole", async () => {
    node.chunks = [chunk];
    await door.call("GET", path);
    await until(() => node.confirmed === 1);
    expect(node.withdrawn).toBe(0);
  });

  it("withdraws them when the client breaks off in the middle", async () => {
    // More than the buffers of both sides hold.
    node.chunks = [{ ...chunk, tag: "x".repeat(32 * 1024 * 1024) }];
    const calls = node.calls.length;
    const socket = await ask(door.port, path);
    await until(() => node.calls.length > calls);
    await sleep(50);
    expect([node.confirmed, node.withdrawn]).toEqual([1, 0]);
    socket.destroy();
    await until(() => node.withdrawn === 1);
    expect(node.confirmed).toBe(1);
  });

  it("withdraws them from a client that does not read on", async () => {
    await ask(door.port, path);
    await until(() => node.withdrawn === 2);
    expect(node.confirmed).toBe(1);
  });

  it("withdraws them when the client is gone before there is a response", async () => {
    node.chunks = [chunk];
    const handOut = node.handOut.bind(node);
    const gone: { socket?: Socket } = {};
    node.handOut = async (...args) => {
      gone.socket?.destroy();
      await sleep(50);
      return handOut(...args);
    };
    gone.socket = await ask(door.port, path);
    await until(() => node.withdrawn === 3);
    expect(node.confirmed).toBe(1);
    expect(door.errors).toEqual([]);
  });
});

describe("contracts of clients that break off", () => {
  let door: RealDoor;

  beforeAll(async () => {
    door = await openRealDoor({}, () => Date.now() / 1000);
    await door.node.chunks.stop();
  });

  afterAll(async () => {
    expect(door.errors).toEqual([]);
    await door.close();
  });

  const count = async (sql: string) => Number((await door.database.pool.query<{ n: string }>(sql)).rows[0]?.n);
  const free = () => count("select count(*) as n from downstream.chunks where contract_id is null");
  const contracts = () => count("select count(*) as n from downstream.contracts where not settled");

  it("return to the pool, and nothing is lost however often it happens", async () => {
    const { token } = (await door.call("GET", `/api/downstream/v1/new/${address}`)).json as { token: string };
    const before = await free();
    expect(before).toBeGreaterThan(20);
    for (let round = 0; round < 25; round++) {
      const socket = await ask(door.port, `/api/downstream/v1/chunk/${token}`);
      await sleep(round % 9);
      socket.destroy();
      // An answer that had left whole when the client broke off stands, as the original's would; it expires by itself.
      await until(async () => (await free()) + (await contracts()) === before);
    }
    const left = await free();
    const { chunks } = (await door.call("GET", `/api/downstream/v1/chunk/${token}`)).json as { chunks: object[] };
    expect(chunks.length).toBe(Math.min(10, left));
    await until(async () => (await free()) + (await contracts()) === before);
  });
});
