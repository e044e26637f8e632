import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { doorSuite } from "../src/door.suite.ts";
import { hostDoor } from "../src/testing/host-door.ts";
import { toyDoor } from "./toy-door.ts";

async function say(url: string, text: string): Promise<{ id: string; started: boolean }> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/toy/said`, { method: "POST", headers, body: JSON.stringify({ text }) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { id: string; started: boolean };
}

async function hear(url: string, id: string): Promise<string> {
  return ((await (await fetch(`${url}/toy/said/${id}`)).json()) as { text: string }).text;
}

doorSuite({
  door: toyDoor,
  exported: { module: new URL("./toy-door.ts", import.meta.url), name: "toyDoor" },
  settings: { greeting: "hi" },
  badSettings: [
    [{ greeting: 7 }, "greeting", "a text"],
    [{ greetings: "hi" }, "greetings", "greeting"],
  ],
  async use(url) {
    const text = `word ${Math.random()}`;
    return JSON.stringify([(await say(url, text)).id, text]);
  },
  async expectKept(url, told) {
    const [id, text] = JSON.parse(told);
    expect(await hear(url, id)).toBe(`hi ${text}`);
  },
});

describe("openDoor", () => {
  let database: TestDatabase;
  let directory: string;
  beforeAll(async () => {
    database = await testDatabase();
    directory = await mkdtemp(join(tmpdir(), "cairn-toy-"));
  });
  afterAll(async () => {
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it("starts a door that is needed with its first request, and gives it sockets and settings that change", async () => {
    const settings: { greeting?: unknown } = { greeting: "hi" };
    const host = await hostDoor(toyDoor, { database: database.config, directory, settings });
    const { id, started } = await say(host.url, "there");
    expect(started).toBe(true);
    const socket = new WebSocket(`${host.url.replace("http", "ws")}/toy/socket`);
    expect(String((await once(socket, "message"))[0])).toBe("hi");
    socket.close();
    settings.greeting = "good morning";
    await expect.poll(() => hear(host.url, id), { timeout: 20_000 }).toBe("good morning there");
    settings.greeting = 7;
    await expect.poll(() => host.warnings, { timeout: 20_000 }).toHaveLength(1);
    expect(host.warnings[0]).toContain("the changed settings cannot be taken");
    expect(await hear(host.url, id)).toBe("good morning there");
    await host.stop();
  });

  it.each([
    [
      "throws",
      () => {
        throw new TypeError("an unexpected header");
      },
    ],
    [
      "rejects",
      async () => {
        throw new TypeError("an unexpected header");
      },
    ],
  ])("closes a stream with an error, and logs it, where a door's h2 %s", async (_, h2) => {
    const door = { ...toyDoor, open: async (context) => ({ ...(await toyDoor.open(context)), h2 }) } as typeof toyDoor;
    const host = await hostDoor(door, { database: database.config, directory });
    const server = createServer((request, response) => host.hosted.h2!(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = client.request({ ":path": "/toy/said" });
    stream.on("error", () => undefined);
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect(host.warnings).toEqual([expect.stringContaining("a request over HTTP/2 failed")]);
    client.close();
    server.close();
    await host.stop();
  });

  it("gives a door's connections back also where it does not stop", async () => {
    const stop = () => Promise.reject(new Error("the disk is full"));
    const open: typeof toyDoor.open = async (context) => {
      const opened = await toyDoor.open(context);
      await context.pool.query("select 1");
      return { ...opened, stop };
    };
    const host = await hostDoor({ ...toyDoor, open }, { database: database.config, directory });
    await expect(host.hosted.stop()).rejects.toThrow("the disk is full");
    await host.server.close();
    const left = () =>
      database.pool.query(
        "select from pg_stat_activity where application_name = 'cairn toy' and datname = current_database()",
      );
    await expect.poll(async () => (await left()).rowCount, { timeout: 20_000 }).toBe(0);
  });
});
