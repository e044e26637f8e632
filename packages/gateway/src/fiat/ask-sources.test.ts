import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  catalogMigrations,
  listFiatSources,
  newestFiatRate,
  readFiatRates,
  saveFiatSource,
  storeFiatRates,
} from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { askSources } from "./ask-sources.ts";
import { fetchRates } from "./fetch-rates.ts";
import { fiatRateOf } from "./fiat-rate-of.ts";
import { requireSource } from "./source-url.ts";

const DAY = 86_400;
const NOON = 20_000 * DAY + DAY / 2;

let database: TestDatabase;
let server: Server;
let url: string;
/** What the rate server was asked, and what it answers. */
let asked: string[] = [];
let answer: (path: string) => { status?: number; headers?: Record<string, string>; body: string };
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  server = createServer((request, response) => {
    asked.push(request.url!);
    const { status = 200, headers = {}, body } = answer(request.url!);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});
beforeEach(async () => {
  asked = [];
  answer = () => ({ body: '{"coin":{"usd":4.21,"eur":3.9}}' });
  await database.pool.query("truncate catalog.fiat_sources cascade");
});

const save = (name: string, path = "coin.{currency}", at = "/all?vs={currencies}", now = NOON) =>
  saveFiatSource(database.pool, { name, url: `${url}${at}`, path, currencies: ["usd", "eur"], now });
const round = (now: number) => askSources(database.pool, { now: () => now });

it("asks each source once a day, of however many gateways and starts", async () => {
  await save("one");
  await Promise.all([round(NOON), round(NOON), round(NOON)]);
  for (let start = 0; start < 3; start++) await round(NOON + start * 1000);
  expect(asked).toEqual(["/all?vs=usd,eur"]);
  const midnight = 20_001 * DAY;
  await round(midnight - 1);
  expect(asked).toHaveLength(1);
  answer = () => ({ body: '{"coin":{"usd":5,"eur":4}}' });
  await Promise.all([round(midnight), round(midnight)]);
  await round(midnight + 5000);
  expect(asked).toHaveLength(2);
  const days = await readFiatRates(database.pool, { currency: "usd", from: 0, before: 30_000 });
  expect(days.map(({ day, rate }) => [day, rate])).toEqual([
    [20_000, "4.21"],
    [20_001, "5"],
  ]);
});

it("keeps the last price and says since when it is stale while its source is away, and asks again after longer and longer pauses", async () => {
  await save("one");
  await round(NOON);
  answer = () => ({ status: 500, body: "secret words of the source" });
  const midnight = 20_001 * DAY;
  for (const after of [0, 30, 60, 100, 180, 200]) await round(midnight + after);
  expect(asked).toHaveLength(4);
  expect(await fiatRateOf(database.pool, { currency: "usd", now: midnight + 200 })).toMatchObject({
    rate: "4.21",
    staleSince: midnight,
  });
  const [source] = await listFiatSources(database.pool);
  expect(source).toMatchObject({ failures: 3, failure: "it answered with status 500", newestDay: 20_000 });
  answer = () => ({ body: '{"coin":{"usd":6,"eur":4}}' });
  await round(midnight + DAY / 2);
  expect(await fiatRateOf(database.pool, { currency: "usd", now: midnight + DAY / 2 })).toMatchObject({
    rate: "6",
    staleSince: null,
  });
  expect((await listFiatSources(database.pool))[0]).toMatchObject({ failures: 0, failure: null });
});

it("takes the middle of several sources, and files beside them, digit by digit", async () => {
  answer = (path) => ({ body: path === "/a" ? '{"p":[{"c":1.10}]}' : '{"p":[{"c":"1.4"}]}' });
  await save("a", "p.0.c", "/a");
  await save("b", "p.0.c", "/b");
  await round(NOON);
  const newest = () => newestFiatRate(database.pool, { currency: "usd", today: 20_000 });
  expect((await newest())!.rate).toBe("1.25");
  await saveFiatSource(database.pool, { name: "file", url: null, path: null, currencies: ["usd"], now: NOON });
  await storeFiatRates(database.pool, {
    source: "file",
    currency: "usd",
    rates: [{ day: 20_000, rate: "1.123456789012345678" }],
  });
  expect(await newest()).toMatchObject({ rate: "1.123456789012345678", sources: [{}, {}, {}] });
});

it("asks for each currency where the URL names one", async () => {
  answer = (path) => ({ body: `{"price":${path.endsWith("USD") ? "2" : "3"}}` });
  await save("each", "price", "/FIL{CURRENCY}");
  await round(NOON);
  expect(asked).toEqual(["/FILUSD", "/FILEUR"]);
  expect((await newestFiatRate(database.pool, { currency: "eur", today: 20_000 }))!.rate).toBe("3");
});

it("follows no redirect, reads no long answer, and takes nothing that is no price", async () => {
  const ask = (body: string, more: object = {}) => {
    answer = () => ({ body, ...more });
    return fetchRates({ url: `${url}/x`, path: "a.b", currencies: ["usd"] });
  };
  for (const [body, more, why] of [
    ['{"a":{"b":1}}', { status: 302, headers: { location: "/elsewhere" } }, "elsewhere"],
    [`{"a":{"b":1},"c":"${"x".repeat(300_000)}"}`, {}, "more than"],
    ["<html>", {}, "not JSON"],
    ['{"a":{"b":0}}', {}, "no price"],
    ['{"a":{"b":-1}}', {}, "no price"],
    ['{"a":{"c":1}}', {}, "no price"],
    ['{"a":{"b":{}}}', {}, "no price"],
    ["null", {}, "no price"],
  ] as const)
    await expect(ask(body, more)).rejects.toMatchObject({
      code: "rate-source-failed",
      message: expect.stringContaining(why),
    });
  expect(asked).not.toContain("/elsewhere");
  expect(await ask('{"a":{"b":1.5e0}}')).toEqual([{ currency: "usd", rate: "1.5" }]);
});

it("asks over https, or on this machine, and nowhere else", () => {
  for (const good of [
    "https://api.example/p?c={currency}",
    "http://127.0.0.1:8000/x",
    "http://localhost/",
    "http://[::1]:1/",
  ])
    expect(() => requireSource({ url: good, path: "a.{currency}" })).not.toThrow();
  for (const bad of [
    "http://api.example/",
    "http://127.0.0.1.example/",
    "http://10.0.0.1/",
    "ftp://x/",
    "file:///etc/passwd",
    "x",
    "https://u:p@x.example/",
  ])
    expect(() => requireSource({ url: bad, path: "a" })).toThrow(expect.objectContaining({ code: "bad-rate-source" }));
  for (const path of ["", "a..b", "."])
    expect(() => requireSource({ url: "https://x.example/", path })).toThrow(
      expect.objectContaining({ details: { field: "path" } }),
    );
});
