import { accountsMigrations } from "@cairn/accounts";
import { auditMigrations, createAudit } from "@cairn/audit";
import { catalogMigrations } from "@cairn/catalog";
import { type DealJson, DealsPageJson } from "@cairn/client";
import { PROFILES } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { machineClock as clock } from "@cairn/process";
import fastify, { type FastifyInstance } from "fastify";
import { Check } from "typebox/value";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkRoutes } from "./check-routes.ts";
import { dealRoutes } from "./deal-routes.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { findPrincipal } from "./principal-of.ts";
import { publicRoutes } from "./public-routes.ts";
import { seedAccount } from "./testing/seed-account.ts";
import { seedCatalog } from "./testing/seed-catalog.ts";

const OWNERS = { anna: `0x${"a1".repeat(20)}`, bert: `0x${"b2".repeat(20)}` } as const;
type Name = keyof typeof OWNERS;

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
    await seedCatalog(pool, { account: name, owner, packages: 30, deals: 100, events: 40 });
  }
  const audit = createAudit({ pool, deployment: { deployedAt: 0 } } as never, { claimEveryPeriods: 1 });
  const market = {
    requirePackage: async () => undefined,
  };
  const network = { version: "1", deployment: { genesisTime: 1_700_000_000, periodSeconds: 3600 } };
  const gateway = { pool, audit, market, network, profile: PROFILES.real } as unknown as GatewayContext;
  server = fastify();
  server.setErrorHandler((error: Error, _request, reply) =>
    reply.status(400).send({ ...error, message: error.message }),
  );
  server.addHook("onRequest", async (request) => {
    request.principal = await findPrincipal(accounts, request);
  });
  await server.register(publicRoutes(gateway));
  dealRoutes(server, gateway);
  checkRoutes(server, gateway);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

async function ask<T>(name: Name, path: string): Promise<T> {
  const headers = { authorization: `Bearer ${tokens.get(name)}` };
  const { statusCode, body } = await server.inject({ url: `/api/v1${path}`, headers });
  expect([path, statusCode, body.slice(0, 200)]).toEqual([path, 200, body.slice(0, 200)]);
  return JSON.parse(body) as T;
}

type Deals = { deals: DealJson[]; next: string | null };

it("gives an account its own deals, page by page, in the shape of the API", async () => {
  for (const name of ["anna", "bert"] as const) {
    const found: DealJson[] = [];
    let next: string | null = "";
    while (next !== null) {
      const after = next === "" ? "" : `&after=${encodeURIComponent(next)}`;
      const page: Deals = await ask<Deals>(name, `/deals?sort=ends&limit=33${after}`);
      expect(Check(DealsPageJson, page)).toBe(true);
      found.push(...page.deals);
      next = page.next;
    }
    expect(new Set(found.map(({ deal }) => deal)).size).toBe(100);
    const ends = found.map(({ endsAt }) => endsAt ?? 0);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    const { rows } = await database.pool.query("select deal from catalog.deals where owner = $1", [OWNERS[name]]);
    expect(new Set(rows.map(({ deal }) => deal))).toEqual(new Set(found.map(({ deal }) => deal)));
    expect(found.every(({ package: id, pieceCid }) => id !== null && pieceCid?.startsWith("bafk"))).toBe(true);
  }
});

it("finds deals by the beginning of whatever they are known by, and of any account its own only", async () => {
  const { deals } = await ask<Deals>("anna", "/deals?limit=1&sort=deal");
  const [deal] = deals as [DealJson];
  for (const text of [
    deal.deal,
    deal.deal.slice(0, 20),
    deal.dealCid!,
    deal.pieceCid!,
    deal.pieceCid!.slice(0, 40),
    deal.shardCid!,
    deal.commitment,
    deal.package!,
  ]) {
    const found = (await ask<Deals>("anna", `/deals?search=${text}`)).deals.map(({ deal: id }) => id);
    expect([text, found.includes(deal.deal), found.length < 100]).toEqual([text, true, true]);
    expect((await ask<Deals>("bert", `/deals?search=${text}`)).deals).toEqual([]);
  }
  expect((await ask<Deals>("anna", "/deals?search=completed")).deals).toHaveLength(5);
  expect((await ask<Deals>("anna", "/deals?search=%25")).deals).toEqual([]);
  expect((await ask<Deals>("anna", `/deals?provedFrom=${1_700_000_000 + 91 * 3600}`)).deals).toHaveLength(10);
  expect((await ask<Deals>("anna", `/deals?provedBefore=${1_700_000_000 + 3601}`)).deals).toHaveLength(1);
  expect(deal).toMatchObject({
    sealedSector: "not sealed",
    settings: { k: 2, placement: { countries: ["NL", "CA"] } },
  });
});

it("exports exactly what a filter finds, in its order, as CSV and JSON, and no formula", async () => {
  const { pool } = database;
  const stranger = '=HYPERLINK("http://evil.example")';
  await pool.query(
    `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
     select distinct provider, provider, provider, 1, 1, 1, 1, $1, '', true, 1 from catalog.deals on conflict do nothing`,
    [stranger],
  );
  const headers = { authorization: `Bearer ${tokens.get("anna")}` };
  const get = async (path: string) => (await server.inject({ url: `/api/v1${path}`, headers })).body;
  const query = "states=ACTIVE&sort=price&order=desc";
  const { deals } = await ask<Deals>("anna", `/deals?${query}`);
  expect(JSON.parse(await get(`/deals.json?${query}`))).toEqual(deals);
  const csv = await get(`/deals.csv?${query}`);
  const lines = csv.trimEnd().split("\r\n");
  expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(deals.map(({ deal }) => deal));
  expect(lines[0]).toMatch(/^deal,dealCid,state,package,carCid,/);
  expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
  expect(csv).not.toMatch(/,"?=/);
  expect(JSON.parse(await get("/deals.json?search=nothing"))).toEqual([]);
  expect((await get("/deals.csv?states=FAILED")).split("\r\n")).toHaveLength(2);
});

it("refuses states and severities that there are not, and says which there are", async () => {
  const headers = { authorization: `Bearer ${tokens.get("anna")}` };
  for (const [query, field] of [
    ["/deals?states=FOO", "states"],
    ["/deals?states=ACTIVE,active", "states"],
    ["/deals?states=", "states"],
    ["/deals?checkResults=fine", "checkResults"],
    ["/events?severities=Warning", "severities"],
    ["/events?severities=constructor", "severities"],
  ] as const) {
    const { statusCode, body } = await server.inject({ url: `/api/v1${query}`, headers });
    expect([query, statusCode]).toEqual([query, 400]);
    expect(JSON.parse(body).message).toMatch(new RegExp(`^${field} cannot be "`));
    expect(JSON.parse(body).next).toContain(
      { states: "ACTIVE, COMPLETED", severities: "info, warning, error", checkResults: "sound, damaged" }[field],
    );
  }
});

it("finds nothing of another account by its package, provider, check or event", async () => {
  const [theirs] = (await ask<Deals>("bert", "/deals?limit=1")).deals;
  expect((await ask<Deals>("anna", `/deals?package=${theirs!.package}`)).deals).toEqual([]);
  expect(await ask("anna", `/checks?package=${theirs!.package}`)).toEqual({ checks: [], next: null });
  expect(await ask("anna", `/events?package=${theirs!.package}`)).toEqual([]);
  const events = await ask<{ package: string }[]>("anna", "/events?limit=1000");
  const { rows } = await database.pool.query("select id from catalog.packages where account = 'anna'");
  const mine = new Set(rows.map(({ id }) => id));
  expect(events.length).toBe(40);
  expect(events.every(({ package: id }) => mine.has(id))).toBe(true);
});

it("filters by state, kind and severity, and says how many shards of a check were sound", async () => {
  const { deals } = await ask<Deals>("anna", "/deals?states=COMPLETED");
  expect(deals.length).toBe(5);
  expect(deals.every(({ state }) => state === "COMPLETED")).toBe(true);
  expect(await ask("anna", "/events?severities=warning,error&kind=proof-missed")).toHaveLength(4);
  const { checks } = await ask<{ checks: object[] }>("anna", "/checks?limit=2");
  expect(checks).toMatchObject([
    { looked: 3, sound: 2 },
    { looked: 3, sound: 2 },
  ]);
});

it("refuses numbers and characters that the database has not", async () => {
  const headers = { authorization: `Bearer ${tokens.get("anna")}` };
  const digits = "9".repeat(78);
  for (const path of [
    ...["sort=provider&after=%00~a", "after=1~%00", `after=${digits}~a`, "sort=provider&after=%1f~a"].map(
      (query) => `deals?${query}`,
    ),
    ...["after=1~%00", `after=${digits}~a`].map((query) => `checks?${query}`),
    "checks/%00",
    ...["kind=%00", "kind=a%7f", "after=99999999999999999999", "before=1e300", "before=9007199254740992"].map(
      (query) => `events?${query}`,
    ),
  ]) {
    const { statusCode, body } = await server.inject({ url: `/api/v1/${path}`, headers });
    expect([path, statusCode, body]).toEqual([path, 400, expect.not.stringMatching(/range|encoding/)]);
  }
});

it("refuses a sort, an order and a cursor that are none", async () => {
  const headers = { authorization: `Bearer ${tokens.get("anna")}` };
  for (const query of ["sort=deal;drop", "order=up", "after=x", "sort=price&after=x~1", "states=a'b", "limit=0"]) {
    const { statusCode } = await server.inject({ url: `/api/v1/deals?${query}`, headers });
    expect([query, statusCode]).toEqual([query, 400]);
  }
});
