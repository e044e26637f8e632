import { accountsMigrations } from "@cairn/accounts";
import { auditMigrations } from "@cairn/audit";
import { catalogMigrations } from "@cairn/catalog";
import { PreviewJson, ProviderDetailJson, SafetyJson } from "@cairn/client";
import { ALWAYS_ON, PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { createMarket } from "@cairn/market";
import { machineClock as clock } from "@cairn/process";
import { asCairnError } from "@cairn/protocol";
import fastify, { type FastifyInstance } from "fastify";
import { Check } from "typebox/value";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GatewayContext } from "./gateway-context.ts";
import { heldOf } from "./held-of.ts";
import { networkRoutes } from "./network-routes.ts";
import { findPrincipal } from "./principal-of.ts";
import { seedAccount } from "./testing/seed-account.ts";
import { seedCatalog } from "./testing/seed-catalog.ts";

const OWNERS = { anna: `0x${"a1".repeat(20)}`, bert: `0x${"b2".repeat(20)}` } as const;
type Name = keyof typeof OWNERS;
const PROVIDER = (i: number) => `0x${i.toString(16).padStart(40, "0")}`;
const NOW = 1_780_000_000;
const DEPLOYMENT = { genesisTime: NOW - 100 * 3600, periodSeconds: 3600, deployedAt: 0 };

let database: TestDatabase;
let server: FastifyInstance;
const tokens = new Map<string, string>();
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "accounts", migrations: accountsMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  const { pool } = database;
  const accounts = { pool, clock };
  for (const [name, owner] of Object.entries(OWNERS)) {
    tokens.set(name, await seedAccount(accounts, { account: name, owner }));
    await seedCatalog(pool, { account: name, owner, packages: 10, deals: 400, events: 1 });
  }
  for (let i = 0; i < 6; i++) {
    await pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint,
         active, updated_block, since) values ($1, $1, $1, 1e12, $2, 7, $3, $4, '', true, 1, $5)`,
      [PROVIDER(i), 1e12 * (i + 1), ALWAYS_ON.toString(), i % 2 ? "NL here" : "CA there", NOW - 1000],
    );
  }
  await pool.query("update catalog.slots set provider = '0x' || lpad(to_hex(shard), 40, '0')");
  await pool.query(
    "insert into audit.custody (deal, from_period, to_period, outcome, counted) select deal, 90, 95, 'silent', 6 from catalog.deals where provider = $1 and state = 'ACTIVE'",
    [PROVIDER(1)],
  );
  const transport = { reachable: (provider: string) => provider !== PROVIDER(5) };
  const market = createMarket({
    ...{ pool, transport, clock, chainNow: () => NOW, profile: PROFILES.local, verifierSet: `0x${"0".repeat(64)}` },
    ...{ deployment: DEPLOYMENT, executorKey: `0x${"1".repeat(64)}`, spoolDirectory: "/nonexistent", workers: 1 },
  } as never);
  const network = { verifierSet: `0x${"0".repeat(64)}`, defaults: { k: 2, n: 4, days: 180 } };
  const gateway = { pool, market, transport, network, ledger: { deployment: DEPLOYMENT }, chainNow: () => NOW };
  server = fastify();
  server.setErrorHandler((error, _request, reply) => {
    const known = asCairnError(error);
    return reply.status(known.httpStatus).send({ error: known.toJSON() });
  });
  server.addHook("onRequest", async (request) => {
    request.principal = await findPrincipal(accounts, request);
  });
  networkRoutes(server, gateway as unknown as GatewayContext);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

async function ask(name: Name, url: string, body?: object) {
  const headers = { authorization: `Bearer ${tokens.get(name)}` };
  const answer = await server.inject({
    ...{ url: `/api/v1${url}`, headers, method: body === undefined ? "GET" : "POST" },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, json: answer.json() };
}

it("previews the account's settings with a draft over them", async () => {
  const { pool } = database;
  await pool.query(
    `update catalog.accounts set settings = '{"k":1,"n":2,"placement":{"countries":["CA"]}}' where id = 'anna'`,
  );
  const own = await ask("anna", "/settings/preview", {});
  expect(Check(PreviewJson, own.json)).toBe(true);
  expect(own.json).toMatchObject({ summary: "3 of 6 providers qualify.", enough: true, needed: 2 });
  const draft = await ask("anna", "/settings/preview", { n: 3, placement: { countries: ["NL"] } });
  expect(draft.json).toMatchObject({ qualified: 2, enough: false, cause: expect.stringContaining("3 shards") });
  const reasons = (draft.json as PreviewJson).providers.map(({ rule }) => rule);
  expect(reasons.toSorted()).toEqual(["away", "country", "country", "country", null, null]);
  // Another account's are not those.
  expect((await ask("bert", "/settings/preview", {})).json).toMatchObject({ qualified: 5, needed: 4 });
  const refused = await ask("anna", "/settings/preview", { k: 3, n: 2 });
  expect(refused).toMatchObject({ status: 400, json: { error: { details: { field: "k", allowed: "1 to 2" } } } });
});

it("shows a provider with its place, hours, misses, and what it holds of the one that asks alone", async () => {
  const { json } = await ask("anna", `/providers/${PROVIDER(1)}`);
  expect(Check(ProviderDetailJson, json)).toBe(true);
  expect(json).toMatchObject({
    ...{ country: "NL", hours: "always", duty: `0x${"f".repeat(42)}`, egressPrice: "7", newcomer: true },
    ...{ since: NOW - 1000, lastSeen: NOW, failed: 0 },
    misses: [{ outcome: "silent", lastAt: DEPLOYMENT.genesisTime + 95 * 3600 }],
  });
  const { latitude, longitude } = json.centre;
  expect([Math.round(latitude / 10), Math.round(longitude / 10)]).toEqual([5, 1]);
  const { rows } = await database.pool.query(
    "select count(*)::int as deals, sum(raw_length)::text as bytes from catalog.deals where owner = $1 and provider = $2 and state = 'ACTIVE'",
    [OWNERS.anna, PROVIDER(1)],
  );
  expect(json.mine).toMatchObject(rows[0]);
  expect(json.misses[0].deals).toBe(2 * rows[0].deals);
  await database.pool.query("update accounts.wallets set address = $1 where address = $2", [
    `0x${"c3".repeat(20)}`,
    OWNERS.bert,
  ]);
  expect((await ask("bert", `/providers/${PROVIDER(1)}`)).json.mine).toEqual({ deals: 0, bytes: "0", packages: 0 });
  expect((await ask("anna", `/providers/${PROVIDER(99)}`)).json.error.code).toBe("unknown-provider");
});

it("says how safe a package is to its account alone, under what is assumed", async () => {
  const { rows } = await database.pool.query("select id from catalog.packages where account = 'anna' limit 1");
  const id = rows[0].id as string;
  const { json } = await ask("anna", `/packages/${id}/safety?hourly=0.1&yearly=0&together=none`);
  expect(Check(SafetyJson, json)).toBe(true);
  // Two of four restore it: fewer than two of them answer.
  expect(json.hours[0]).toBeCloseTo(0.1 ** 4 + 4 * 0.9 * 0.1 ** 3, 12);
  expect(json).toMatchObject({
    exact: true,
    sentence: "Readable at any hour with 99.6 %.",
    inputs: { repairHours: 24 },
  });
  expect((await ask("bert", `/packages/${id}/safety`)).status).toBe(404);
  expect((await ask("anna", `/packages/${id}/safety?hourly=2`)).status).not.toBe(200);
});

it("counts what each provider holds of an account, and looks providers up so many times a second", async () => {
  const held = await heldOf(database.pool, "anna");
  const { json } = await ask("anna", `/providers/${PROVIDER(1)}`);
  expect(json.mine).toMatchObject(held.get(PROVIDER(1))!);
  expect((await heldOf(database.pool, "nobody")).size).toBe(0);
  const asked = await Promise.all(Array.from({ length: 150 }, () => ask("anna", `/providers/${PROVIDER(0)}`)));
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200, 429]));
});

it("answers each account so many times and no more", async () => {
  const asked = await Promise.all(Array.from({ length: 60 }, () => ask("bert", "/settings/preview", {})));
  expect(asked.some(({ status, json }) => status === 429 && json.error.code === "too-many-requests")).toBe(true);
  expect((await ask("anna", "/settings/preview", {})).status).toBe(200);
});
