import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import fastify, { type FastifyInstance } from "fastify";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOWHERE } from "../location/location.ts";
import { downstreamMigrations } from "../migrations.ts";
import { seedContract, seedFarmer } from "../status/testing/seed.ts";
import type { ViewData } from "./assets/view.js";
import { downstreamPage } from "./page-routes.ts";

const NOW = 1_795_000_000;
let database: TestDatabase;
let server: FastifyInstance;
let reader: pg.Pool;

beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  server = fastify();
  // Whatever is asked, nothing is written.
  reader = new pg.Pool({ ...database.config, options: "-c default_transaction_read_only=on" });
  reader.on("error", () => undefined);
  await server.register(downstreamPage({ pool: reader, now: () => NOW, attribution: "Places by <someone>." }));
});
afterEach(async () => {
  await server.close();
  await reader.end();
  await database.drop();
});

async function seed(name: string, address = `1${name}`, location = NOWHERE) {
  const start = NOW - 1000;
  const farmer = await seedFarmer(database.pool, {
    name,
    address,
    location,
    createdAt: start,
    firstStart: start,
    coveredUntil: NOW + 100,
    coveredSeconds: 1100,
    heartbeats: 4,
    missed: 1,
  });
  await seedContract(database.pool, { token: farmer.token, size: 2048, start: NOW - 500, interval: 300, answers: 1 });
  return farmer.id;
}

const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ url, headers: { host: "node.example:8080", ...headers } });

describe("GET /downstream", () => {
  it("allows its own files only, and holds no script or style of its own", async () => {
    await seed("one");
    const response = await get("/downstream");
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(response.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
    expect(response.body).not.toMatch(
      /<style|\sstyle=|\son[a-z]+=|<script(?! type="module" src="\/downstream\/live\.js"><)/,
    );
    expect(response.body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it("shows totals, farmers and where they are", async () => {
    const id = await seed("one", "1One", { ...NOWHERE, country: "Iceland", lat: 64.96, lon: -18.57 });
    await seed("two");
    const { body } = await get("/downstream");
    expect(body).toContain("<dt>Farmers online</dt><dd><b>2</b> <span>of 2 with a token</span>");
    expect(body).toContain('aria-label="Iceland: 1 farmer, 1 online"');
    expect(body).toContain("1 farmer by the place of their network address; 1 farmer without a known location");
    expect(body).toContain(`id="farmer-${id}"`);
    expect(body).toContain("100.00 %");
    expect(body).toContain("2.00 KiB");
    expect(body).toContain("Places by &lt;someone&gt;.");
  });

  it("opens a farmer's history by its address, also one that is not on the page", async () => {
    const id = await seed("one");
    for (let index = 0; index < 30; index++) await seed(`other ${index}`);
    const { body } = await get(`/downstream?sort=id&page=2&farmer=${id}`);
    expect(body).toContain(`id="history-${id}"`);
    expect(body).toContain("Answers by day: 4 accepted and 1 missed in 1 day");
    expect(body).toContain("Page 2 of 2");
    expect((await get("/downstream?farmer=00000000000000000000")).body).not.toContain("history-");
  });

  it("tells how to connect a farmer while there is none", async () => {
    const { body } = await get("/downstream");
    expect(body).toContain("No farmer has connected yet");
    expect(body).toContain("cairn farmer --node http://node.example:8080 --address YOUR_ADDRESS");
    expect(body).not.toContain("<table");
  });

  it("escapes what comes from farmers and visitors", async () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='x'>`;
    await seed("one", evil, { ...NOWHERE, country: evil, city: evil, lat: 1, lon: 1 });
    const { body } = await get(`/downstream?sort=${encodeURIComponent(evil)}&farmer=${encodeURIComponent(evil)}`);
    expect(body).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(body).not.toContain("<script>alert");
    expect(body).not.toContain("<img");
    await database.pool.query("delete from downstream.contracts");
    await database.pool.query("delete from downstream.tokens");
    expect((await get("/downstream", { host: evil })).body).not.toContain("<script>alert");
  });

  it("takes nonsense in the address for nothing asked", async () => {
    await seed("one");
    for (const query of [
      "?page=-1",
      "?page=1e99",
      "?page=x",
      "?sort=ip",
      "?sort=--id",
      "?farmer=%00",
      "?%",
      "?online=2",
    ]) {
      const { query: read } = (await get(`/downstream/data${query}`)).json<ViewData>();
      expect(read, query).toEqual({ sort: "uptime", descending: true, onlineOnly: false, page: 0, farmer: null });
    }
  });
});

describe("GET /downstream/data", () => {
  it("gives what the view shows; the last order asked for counts, and pages end", async () => {
    const ids = [await seed("one"), await seed("two")].sort();
    const response = await get(`/downstream/data?sort=-uptime&online=1&page=7&sort=-id&farmer=${ids[0]}`);
    expect(response.headers["cache-control"]).toBe("no-store");
    const data = response.json<ViewData>();
    expect(data).toMatchObject({
      query: { sort: "id", descending: true, onlineOnly: true, page: 0, farmer: ids[0] },
      now: NOW,
      pages: 1,
      unplaced: 2,
      dots: [],
      totals: { farmers: 2, online: 2, contracts: 2, bytes: 4096, heartbeats: 8 },
      history: [{ accepted: 4, missed: 1, uptime: 100 }],
    });
    expect(data.farmers.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it("joins farmers of one neighbourhood in one dot", async () => {
    await seed("one", "1a", { ...NOWHERE, country: "Germany", lat: 51, lon: 10 });
    await seed("two", "1b", { ...NOWHERE, country: "Germany", lat: 51, lon: 10 });
    await seed("three", "1c", { ...NOWHERE, country: "Germany", city: "Kassel", lat: 51.3, lon: 9.5 });
    await seed("four", "1d", { ...NOWHERE, country: "Japan", lat: 36, lon: 138 });
    const { dots } = (await get("/downstream/data")).json<ViewData>();
    expect(dots).toMatchObject([
      { name: "Germany and 1 more nearby", farmers: 3, online: 3 },
      { name: "Japan", farmers: 1, online: 1 },
    ]);
    expect(dots.every(({ x, y }) => x > 0 && x < 960 && y > 0 && y < 418)).toBe(true);
  });
});

describe("the page's files", () => {
  it("are served with a tag, and not again while it holds", async () => {
    for (const name of ["page.css", "live.js", "patch.js", "view.js", "icon.svg"]) {
      const first = await get(`/downstream/${name}`);
      expect(first.statusCode).toBe(200);
      expect(first.headers["content-security-policy"]).toContain("default-src 'none'");
      const again = await get(`/downstream/${name}`, { "if-none-match": String(first.headers.etag) });
      expect([again.statusCode, again.body]).toEqual([304, ""]);
    }
    expect((await get("/downstream/view.d.ts")).statusCode).toBe(404);
    expect((await get("/downstream/..%2fpage-html.ts")).statusCode).toBe(404);
    expect((await get("/downstream/")).headers.location).toBe("/downstream");
  });
});
