import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import fastify, { type FastifyInstance } from "fastify";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NOWHERE } from "../location/location.ts";
import { downstreamMigrations } from "../migrations.ts";
import { seedContract, seedFarmer } from "../status/testing/seed.ts";
import { downstreamPage } from "./page-routes.ts";
import { findFaults } from "./testing/find-faults.ts";

const DAY = 86_400;
const FARMERS = 30;
/** Until what is fetched in the background shows. */
const PATIENCE = { timeout: 30_000 };
const iceland = { ...NOWHERE, country: "Iceland", lat: 64.96, lon: -18.57 };
const japan = { ...NOWHERE, country: "Japan", city: "Tokyo", lat: 35.69, lon: 139.69 };

let database: TestDatabase;
let server: FastifyInstance;
let browser: TestBrowser;
let url: string;
const complaints: string[] = [];
const pages: Page[] = [];

async function seed(index: number) {
  const now = Date.now() / 1000;
  const online = index % 3 !== 0;
  const start = now - 3 * DAY;
  const { token } = await seedFarmer(database.pool, {
    name: `farmer ${index}`,
    address: `1Address${String(index).padStart(2, "0")}`,
    location: index === 0 ? NOWHERE : index % 2 === 0 ? iceland : japan,
    createdAt: start,
    firstStart: start,
    heartbeats: 100 + index,
    missed: index,
    coveredUntil: online ? now + 10_000 : now - 10_000,
    coveredSeconds: (3 * DAY * (index + 1)) / (FARMERS + 1) + (online ? 10_000 : 0),
  });
  await seedContract(database.pool, { token, size: 4096, start, interval: 300, answers: online ? 10_000 : 1 });
  const today = Math.floor(now / DAY);
  for (const [ago, share] of [2, 1, 0].entries()) {
    await database.pool.query("insert into downstream.days select $1, date '1970-01-01' + $2::int, $3, $4, $5", [
      token,
      today - share,
      20 * ago,
      ago,
      1000 * ago,
    ]);
  }
}

async function listen(port = 0) {
  server = fastify({ forceCloseConnections: true });
  await server.register(
    downstreamPage({ pool: database.pool, now: () => Date.now() / 1000, attribution: "Places by someone." }),
  );
  url = `${await server.listen({ host: "127.0.0.1", port })}/downstream`;
}

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  for (let index = 0; index < FARMERS; index++) await seed(index);
  await listen();
  browser = await openBrowser();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await database?.drop();
});

async function open(search = "", options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.context({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  pages.push(page);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url + search);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("html[data-state=live]");
  return page;
}

/** Evaluated in the page, whose globals are unknown here. */
const PLACE = "({ top: scrollY, focus: document.activeElement?.textContent })";

const addresses = (page: Page) => page.locator("tr.farmer td.c-address").allTextContents();
const head = (page: Page, name: string) => page.getByRole("columnheader", { name });
const numbered = (from: number, to: number) =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => {
    const number = from < to ? from + index : from - index;
    return `1Address${String(number).padStart(2, "0")}`;
  });

describe("the page in a browser", () => {
  it("sorts by mouse and by keyboard, and the address follows", async () => {
    const page = await open();
    expect(await head(page, "Uptime").getAttribute("aria-sort")).toBe("descending");
    expect(await addresses(page)).toEqual(numbered(29, 5));
    await page.getByRole("button", { name: "Heartbeats" }).click();
    await page.waitForSelector('th.c-heartbeats[aria-sort="descending"]');
    expect(await addresses(page)).toEqual(numbered(29, 5));
    expect(await head(page, "Uptime").getAttribute("aria-sort")).toBeNull();
    await page.keyboard.press("Enter");
    await page.waitForSelector('th.c-heartbeats[aria-sort="ascending"]');
    expect(await addresses(page)).toEqual(numbered(0, 24));
    expect(page.url()).toBe(`${url}?sort=heartbeats`);
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Heartbeats");
    await page.goBack();
    await page.waitForSelector('th.c-heartbeats[aria-sort="descending"]');
  });

  it("shows farmers on the map, and says how many are not on it", async () => {
    const page = await open();
    const dots = page.getByRole("group", { name: "Where they are" }).getByRole("img");
    expect(await dots.count()).toBe(2);
    expect(await page.getByRole("img", { name: "Tokyo, Japan: 15 farmers, 10 online" }).isVisible()).toBe(true);
    expect(await page.getByRole("img", { name: "Iceland: 14 farmers, 10 online" }).isVisible()).toBe(true);
    expect(await page.locator(".map .legend").textContent()).toContain("1 farmer without a known location is not on");
    const land = await page.locator("path.land").boundingBox();
    expect(land?.width).toBeGreaterThan(800);
  });

  it("opens a farmer by a click on its row, and closes it", async () => {
    const page = await open("?sort=address");
    const row = page.locator("tr.farmer").nth(3);
    await row.locator("td.c-address").click();
    await page.waitForSelector("tr.more");
    expect(await row.getByRole("button").getAttribute("aria-expanded")).toBe("true");
    const days = page.getByRole("table", { name: "By day (UTC)" }).getByRole("row");
    // The head, and four days that three days before now fall into.
    expect(await days.count()).toBe(5);
    expect(await page.getByRole("img", { name: /^Answers by day: 103 accepted and 3 missed in 4 days/ }).count()).toBe(
      1,
    );
    expect(await page.getByRole("img", { name: /^Uptime by day/ }).count()).toBe(1);
    await page.locator("tr.more").click();
    expect(await page.locator("tr.more").count()).toBe(1);
    await row.locator("td.c-uptime").click();
    await page.waitForSelector("tr.more", { state: "detached" });
  });

  it("opens and closes a farmer by keyboard alone", async () => {
    const page = await open("?sort=address");
    await page.getByRole("button", { name: "State" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(`document.activeElement?.closest("tr")?.id`);
    const row = await page.locator("tr.farmer").nth(1).getAttribute("id");
    expect(await focused()).toBe(row);
    await page.keyboard.press("Space");
    await page.waitForSelector("tr.more");
    expect(await focused()).toBe(row);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(`document.activeElement?.getAttribute("aria-label")`)).toMatch(/^Days of farmer/);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("tr.more", { state: "detached" });
    expect(await focused()).toBe(row);
  });

  it("filters by state and turns pages", async () => {
    const page = await open("?sort=address");
    await page.getByRole("link", { name: "Next" }).click();
    await page.getByText("Page 2 of 2").waitFor();
    expect(await addresses(page)).toEqual(numbered(25, 29));
    await page.getByRole("checkbox", { name: "Online only" }).focus();
    await page.keyboard.press("Space");
    await page.waitForURL(/online=1/);
    await expect.poll(() => page.locator("tr.farmer").count(), PATIENCE).toBe(20);
    expect(await page.locator(".state.off").count()).toBe(0);
    expect(await page.locator("#pages").count()).toBe(0);
  });

  it("keeps itself current, and leaves focus, scroll and an open row where they are", async () => {
    const page = await open("?sort=heartbeats");
    const row = page.locator("tr.farmer").nth(10);
    const address = await row.locator("td.c-address").textContent();
    await row.locator("td.c-address").click();
    await page.waitForSelector("tr.more");
    await row.getByRole("button").focus();
    await page.evaluate("scrollTo(0, 700)");
    const before = await page.evaluate<{ top: number; focus: string }>(PLACE);
    expect(before.top).toBe(700);
    // The first becomes the last on the page: rows change places around the focus.
    await database.pool.query("update downstream.tokens set heartbeats = 123 where address = '1Address00'");
    try {
      await expect.poll(async () => (await addresses(page))[0], PATIENCE).toBe("1Address01");
      expect(await page.evaluate(PLACE)).toEqual(before);
      const open = page.locator('tr.farmer:has([aria-expanded="true"]) td.c-address');
      expect(await open.textContent()).toBe(address);
    } finally {
      await database.pool.query("update downstream.tokens set heartbeats = 100 where address = '1Address00'");
    }
  });

  it("pauses on demand, says when the node is away, and recovers", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForSelector("html[data-state=paused]");
    const { port } = new URL(url);
    await server.close();
    try {
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("The node does not answer; trying again.").waitFor();
    } finally {
      await listen(Number(port));
    }
    await page.waitForSelector("html[data-state=live]");
    expect(await page.locator("#notice").textContent()).toBe("");
    const refused = complaints.splice(0);
    expect(refused.every((text) => /ERR_(CONNECTION|EMPTY)/.test(text))).toBe(true);
  });

  it("works without script: order, filter and history", async () => {
    const page = await open("", { javaScriptEnabled: false });
    await page.getByRole("button", { name: "Heartbeats" }).click();
    await page.getByRole("button", { name: "Heartbeats" }).click();
    expect(await addresses(page)).toEqual(numbered(0, 24));
    await page.getByRole("checkbox", { name: "Online only" }).check();
    await page.getByRole("button", { name: "Apply" }).click();
    expect(await page.locator("tr.farmer").count()).toBe(20);
    expect(await head(page, "Heartbeats").getAttribute("aria-sort")).toBe("ascending");
    await page.locator("tr.farmer").nth(2).getByRole("button").click();
    expect(await page.locator("tr.more").count()).toBe(1);
    await page.getByRole("button", { name: "Pause" }).waitFor({ state: "hidden" });
  });

  it("has names, order and contrast for everyone, light and dark, wide and narrow", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 700, 360]) {
        const page = await open("?sort=address", { colorScheme, viewport: { width, height: 800 } });
        await page.locator("tr.farmer").nth(1).locator("a").click();
        await page.waitForSelector("tr.more");
        expect(await findFaults(page), `${colorScheme} ${width}`).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth"), `${width}`).toBe(width);
      }
    }
  });

  it("orders by a choice where columns are hidden", async () => {
    const page = await open("", { viewport: { width: 390, height: 800 } });
    await page.getByRole("combobox", { name: "Order" }).selectOption({ label: "Fewest heartbeats" });
    await page.waitForURL(/sort=heartbeats/);
    await expect.poll(async () => (await addresses(page))[0], PATIENCE).toBe("1Address00");
  });

  it("tells how to begin while there is no farmer", async () => {
    const empty = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
    const other = fastify({ forceCloseConnections: true });
    try {
      await other.register(downstreamPage({ pool: empty.pool, now: () => Date.now() / 1000, attribution: "" }));
      const address = await other.listen({ host: "127.0.0.1", port: 0 });
      const context = await browser.context();
      const page = await context.newPage();
      await page.goto(`${address}/downstream`);
      await page.getByRole("heading", { name: "No farmer has connected yet" }).waitFor();
      expect(await page.getByText(`cairn farmer --node ${address} --address`).isVisible()).toBe(true);
      expect(await findFaults(page)).toEqual([]);
      await context.close();
    } finally {
      await other.close();
      await empty.drop();
    }
  });
});
