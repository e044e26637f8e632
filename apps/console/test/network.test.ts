import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hourOfWeek } from "@cairn/core";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hoursOf } from "../src/pages/network/duty.ts";
import { countryName } from "../src/pages/network/places.ts";
import { openConsole, PATIENCE, PHONE, seriousFaults, settled, type TestConsole, tooWide } from "./support/console.ts";

const LONG = { timeout: 240_000 };

let console: TestConsole;
beforeAll(async () => {
  console = await openConsole();
  const folder = join(console.network.directory, "folder");
  await mkdir(folder);
  await writeFile(join(folder, "letter.txt"), "to be kept by four");
  const { code, stderr } = await console.network.cli("put", folder, "--json");
  expect(code, stderr).toBe(0);
});
afterEach(async () => {
  await console?.closePages();
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(() => console?.close());

const heading = (name: string | RegExp) => ["heading", { level: 1, name }] as const;
const rowsOf = (page: Page, table: string) => page.getByRole("table", { name: table }).locator("tbody tr");
async function look(page: Page, typed: string) {
  await page.getByRole("textbox", { name: "Find a block, hash or address" }).fill(typed);
  await page.keyboard.press("Enter");
}

describe("providers", () => {
  it("stand on the map, in the countries' table and in the list as the gateway has them", async () => {
    const client = await console.network.client();
    const providers = await client.providers();
    expect(providers.length).toBe(4);
    const deals = await client.deals({ states: "ACTIVE,PROPOSED" });
    expect(providers.reduce((sum, { mine }) => sum + mine.deals, 0)).toBe(deals.length);
    const page = await console.at("/network");
    const rows = rowsOf(page, "Providers");
    await rows.nth(3).waitFor(PATIENCE);
    expect(await rows.count()).toBe(4);
    for (const { provider, country, mine, rating } of providers) {
      const row = rows.filter({ has: page.locator(`code[title="${provider}"]`) });
      const text = (await row.textContent()) ?? "";
      expect(text).toContain(countryName(country!));
      expect(text).toContain(`${rating} %`);
      expect(text).toContain(mine.deals === 0 ? "nothing" : `${mine.deals} deal`);
      expect(await row.getByRole("img", { name: "On duty at every hour." }).count()).toBe(1);
    }
    // The shapes of the land come later than the page.
    const map = page.getByRole("group", { name: /^Map of the world/ });
    await map.waitFor(LONG);
    const countries = [...new Set(providers.map(({ country }) => country!))];
    const dots = await map.getByRole("link").evaluateAll((all) => all.map((dot) => dot.getAttribute("aria-label")));
    // CA, US, and NL with DE beside it, perhaps as one.
    expect(dots.length).toBeGreaterThanOrEqual(countries.length - 1);
    expect(dots.join()).toContain(countryName("CA"));
    expect(await rowsOf(page, "By country").count()).toBe(countries.length);
  });

  it("are narrowed to a country by a click on the map or in the table; the address says so", async () => {
    const page = await console.at("/network");
    const rows = rowsOf(page, "Providers");
    await page.getByRole("link", { name: /^Canada: / }).click(LONG);
    await page.getByText("Only providers in Canada are shown.").waitFor(PATIENCE);
    await expect.poll(() => rows.count()).toBe(1);
    expect(new URL(page.url()).searchParams.get("country")).toBe("CA");
    await page.reload();
    await page.getByText("Only providers in Canada are shown.").waitFor(PATIENCE);
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => rows.count()).toBe(4);
    await page.getByRole("button", { name: "Netherlands" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(1);
  });

  it("are shown one by one: what the rating stands on, the week, and the deals there", async () => {
    const client = await console.network.client();
    const { provider } = (await client.providers()).find(({ mine }) => mine.deals > 0)!;
    const page = await console.at("/network");
    const row = rowsOf(page, "Providers").filter({ has: page.locator(`code[title="${provider}"]`) });
    await row.waitFor(PATIENCE);
    await row.focus();
    await page.keyboard.press("Enter");
    await page.getByRole(...heading(/^Provider 0x/)).waitFor(PATIENCE);
    expect(new URL(page.url()).pathname).toBe(`/network/${provider}`);
    const { reasons, duty } = await client.net.provider(provider);
    await page.getByText(reasons.at(-1)!.slice(0, 20)).waitFor(PATIENCE);
    const deals = await client.deals({ provider });
    await expect.poll(() => rowsOf(page, "Your deals there").count(), PATIENCE).toBe(deals.length);
    const cells = page.locator("svg.week rect");
    expect(await cells.count()).toBe(168);
    const shaded = await cells.evaluateAll((all) => all.map((cell) => cell.getAttribute("data-level")));
    expect(shaded).toEqual(hoursOf(duty).map((on) => (on === 1 ? "4" : "0")));
    const [now, ...others] = await cells.evaluateAll((all) =>
      all.flatMap((cell, hour) => (cell.hasAttribute("data-now") ? [hour] : [])),
    );
    expect(others).toEqual([]);
    expect(Math.abs(now! - hourOfWeek(Date.now() / 1000)) % 167).toBeLessThanOrEqual(1);
    await page.getByText("The week as a table").click();
    expect(await page.locator(".week-table tbody td").count()).toBe(168);
  });

  it("show as unknown where there is none, with what to do", async () => {
    const page = await console.at(`/network/0x${"1".repeat(40)}`);
    await page.getByRole("alert").waitFor(PATIENCE);
    expect(await page.getByRole("alert").textContent()).toContain("Network lists those that there are.");
  });
});

describe("the chain", () => {
  it("shows new blocks as they come, and older ones by pages", async () => {
    const page = await console.at("/network/blocks");
    await rowsOf(page, "Blocks").first().waitFor(PATIENCE);
    await page.evaluate("window.loadedOnce = true");
    const newest = async () =>
      Number((await rowsOf(page, "Blocks").first().locator("a").textContent())?.replace(/\D/g, ""));
    const first = await newest();
    await expect.poll(newest, LONG).toBeGreaterThan(first);
    expect(await page.evaluate("window.loadedOnce")).toBe(true);
    await page.getByRole("link", { name: "Older blocks" }).click();
    await page.getByText(/^Blocks before/).waitFor(PATIENCE);
    const before = Number(new URL(page.url()).searchParams.get("before"));
    await expect.poll(newest, PATIENCE).toBe(before - 1);
  });

  it("is searched by the hash of a transaction, which says in words what came of it", async () => {
    const client = await console.network.client();
    const [entry] = (await client.statement()).filter(({ kind }) => kind === "escrow");
    const page = await console.at("/network");
    await look(page, entry!.transaction);
    await page.getByRole(...heading(/^Transaction 0x/)).waitFor(PATIENCE);
    await page.getByText("It was carried out.").waitFor(PATIENCE);
    await page
      .getByText(/^Provider 0x\w+… is to keep /)
      .first()
      .waitFor(PATIENCE);
    const seen = await client.chain.transaction(entry!.transaction);
    expect(await page.locator("ol.list > li").count()).toBe(seen.events.length);
    await page
      .locator("dd")
      .getByRole("link", { name: seen.block.toLocaleString("en-GB") })
      .click();
    await page.getByRole(...heading(/^Block /)).waitFor(PATIENCE);
    const call = rowsOf(page, "What was called in it").filter({
      has: page.locator(`code[title="${entry!.transaction}"]`),
    });
    expect(await call.textContent()).toContain("Proposes deals for a package");
    expect(await call.textContent()).toContain("StorageDeals");
  });

  it("is searched by a block's number or hash, an address, a deal; what is none is said so", async () => {
    const client = await console.network.client();
    const { provider } = (await client.providers())[0]!;
    const { address } = (await client.chain.contracts())[0]!;
    const { hash } = await client.chain.block(3);
    const page = await console.at("/network/contracts");
    await look(page, "3");
    await page.getByRole(...heading("Block 3")).waitFor(PATIENCE);
    await page.getByText(hash).waitFor(PATIENCE);
    await look(page, hash);
    await expect.poll(() => page.getByRole("textbox", { name: /^Find a block/ }).inputValue(), PATIENCE).toBe("");
    expect(new URL(page.url()).pathname).toBe("/network/blocks/3");
    await look(page, provider);
    await page.getByRole(...heading(/^Provider 0x/)).waitFor(PATIENCE);
    await look(page, address);
    await page.getByRole(...heading("Contracts")).waitFor(PATIENCE);
    await page.getByText(address).waitFor(PATIENCE);
    await look(page, "what is this?");
    await page.getByText("This is no block number, no hash").waitFor(PATIENCE);
    await look(page, `0x${"12".repeat(20)}`);
    await page.getByText("is no provider and no contract of this network").waitFor(PATIENCE);
    const { deal } = (await client.deals())[0]!;
    await look(page, deal);
    await page.getByRole(...heading("Deals")).waitFor(PATIENCE);
  });
});

describe("doors", () => {
  it("say whether they are open and how to connect", async () => {
    const page = await console.at("/doors");
    await page.getByText("Open; no farmer has come yet.").waitFor(PATIENCE);
    await page.getByText(`cairn farmer ${console.url}`).waitFor(PATIENCE);
    await page.getByText("Answers “ok”", { exact: false }).waitFor(PATIENCE);
    const answer = await fetch(`${console.url}/downstream`);
    expect(answer.status).toBe(200);
    await page.getByRole("link", { name: "The farmers, on a map and in a table" }).click();
    await page.getByRole("heading", { name: "Downstream" }).waitFor(PATIENCE);
  });
});

describe("each page of one thing", () => {
  it("has nothing that axe finds serious, in light and dark, and fits a phone", async () => {
    const client = await console.network.client();
    const { provider } = (await client.providers())[0]!;
    const [entry] = await client.statement();
    const { block } = await client.chain.transaction(entry!.transaction);
    const found: string[] = [];
    for (const path of [
      `/network/${provider}`,
      `/network/blocks/${block}`,
      `/network/transactions/${entry!.transaction}`,
    ]) {
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await console.at(path, { colorScheme });
        await settled(page);
        for (const fault of await seriousFaults(page)) found.push(`${colorScheme} ${path}: ${fault}`);
      }
      const page = await console.at(path, { viewport: PHONE });
      await settled(page);
      expect([path, await tooWide(page)]).toEqual([path, 0]);
    }
    expect(found).toEqual([]);
  });
});
