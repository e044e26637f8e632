import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
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
});
