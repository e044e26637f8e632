import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBeats } from "./beats.ts";
import { bindBeats, renewBeats } from "./bind-beats.ts";
import { downstreamMigrations } from "./migrations.ts";
import { createVerificationNode } from "./node.ts";
import { testAddress, testContext } from "./testing/test-context.ts";

const HOME = "192.0.2.1";
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

afterAll(() => database.drop());

it("binds a database to one heartbeat, until it is lost for good", async () => {
  const context = testContext(database.pool, { pool: { min: 1024, max: 1024, total: 1024, base: 2 } });
  const first = createVerificationNode(context);
  await first.start();
  await first.chunks.fill();
  const { token } = await first.register(testAddress(1), HOME);
  await (await first.handOut(token, HOME, 1024, false)).confirm();
  await first.stop();
  await bindBeats(database.pool, context.beats);

  const beats = createBeats(randomBytes);
  const second = createVerificationNode({ ...context, beats });
  await expect(second.start()).rejects.toThrow(expect.objectContaining({ code: "downstream-foreign-beats" }));
  expect(await second.challenges(token)).toHaveLength(1);

  expect(await renewBeats(database.pool, beats)).toBe(1);
  await second.start();
  await second.chunks.fill();
  expect(await second.challenges(token)).toEqual([]);
  const { chunks } = await second.handOut(token, HOME, 1024, false);
  expect(chunks).toHaveLength(1);
  await second.stop();
  await expect(bindBeats(database.pool, context.beats)).rejects.toThrow(
    expect.objectContaining({ code: "downstream-foreign-beats" }),
  );
});
