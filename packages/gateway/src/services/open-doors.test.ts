import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Door, DoorEngine } from "@cairn/doors";
import { machineRandom } from "@cairn/process";
import { Registry } from "prom-client";
import { Type } from "typebox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDoors } from "./open-doors.ts";

let database: TestDatabase;
let directory: string;
beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), "cairn-doors-"));
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

/** Doors of these names that are always there; what each does when it is started or stopped. */
function opened(acts: Record<string, { start?: () => Promise<void>; stop: () => Promise<void> }>) {
  const errors: string[] = [];
  const doors = Object.entries(acts).map(([name, { start = async () => undefined, stop }]) => {
    const door: Door = {
      name,
      migrations: [{ name: `0001-${name}`, sql: `create schema if not exists ${name}` }],
      settings: Type.Object({}),
      prefixes: [`/${name}`],
      when: "always",
      open: async () => ({ routes: [], start, stop }),
    };
    return { door, directory: join(directory, name), settings: { where: "nowhere", read: async () => undefined } };
  });
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (_: object, message: string) => void errors.push(message),
  };
  const { pool, config } = database;
  const host = { pool, database: config, registry: new Registry(), random: machineRandom, log, trial: true };
  return { service: openDoors({ doors, host, engine: {} as DoorEngine }), errors };
}

it("stops every door, the last one first, though some do not stop as they should", async () => {
  const asked: string[] = [];
  const fails = (name: string) => async () => {
    asked.push(name);
    throw new Error(`${name} has no disk`);
  };
  const stops = (name: string) => async () => void asked.push(name);
  const { service } = opened({
    one: { stop: stops("one") },
    two: { stop: fails("two") },
    three: { stop: fails("three") },
  });
  await service.start();
  await expect(service.stop()).rejects.toMatchObject({
    errors: [{ message: "three has no disk" }, { message: "two has no disk" }],
  });
  expect(asked).toEqual(["three", "two", "one"]);
});

it("tells why a door did not start, also where another does not stop after that", async () => {
  const { service, errors } = opened({
    one: { stop: () => Promise.reject(new Error("no disk")) },
    two: { start: () => Promise.reject(new Error("no port")), stop: async () => undefined },
  });
  await expect(service.start()).rejects.toThrow("no port");
  expect(errors).toEqual(["a door did not stop as it should"]);
});
