import { openDatabase } from "@cairn/database";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import fastify from "fastify";
import type { PoolClient } from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { GatewayContext } from "./gateway-context.ts";
import { publicRoutes } from "./public-routes.ts";

let database: TestDatabase;
let reserved: Awaited<ReturnType<typeof openDatabase>>;
let taken: PoolClient[];

beforeEach(async () => {
  database = await testDatabase();
  reserved = await openDatabase(database.config);
  taken = [];
});
afterEach(async () => {
  for (const client of taken) client.release();
  await reserved.close();
  await database.drop();
});

const health = async (ledger = { latest: async () => ({ number: 1 }) }, reservedPool = reserved.pool) => {
  const server = fastify();
  await server.register(
    publicRoutes({
      network: { version: "0.1.0" },
      pool: database.pool,
      reservedPool,
      ledger,
    } as unknown as GatewayContext),
  );
  const { statusCode, body } = await server.inject("/health");
  await server.close();
  return [statusCode, JSON.parse(body)];
};

it("is answered while every connection of the API is taken", async () => {
  const { pool } = database;
  while (taken.length < pool.options.max) taken.push(await pool.connect());
  let waited = true;
  const waiting = pool.query("select 1").then(() => {
    waited = false;
  });
  expect(await health()).toMatchObject([200, { status: "ok" }]);
  expect(waited).toBe(true);
  for (const client of taken.splice(0)) client.release();
  await waiting;
});

it("says why it is bad when the chain or the database is away", async () => {
  const away = { latest: () => Promise.reject(new Error("the chain is away")) };
  expect(await health(away)).toEqual([503, { status: "unavailable", cause: "the chain is away" }]);
  const gone = await openDatabase(database.config);
  await gone.close();
  expect(await health({ latest: async () => ({ number: 1 }) }, gone.pool)).toMatchObject([
    503,
    { status: "unavailable" },
  ]);
});
