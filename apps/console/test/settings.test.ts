import type { NoticeSettingsJson, SettingsJson } from "@cairn/client";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openConsole, type TestConsole } from "./support/console.ts";

/** Many steps of many processes: a slow machine is normal. */
const LONG = { timeout: 240_000 };

let console: TestConsole;
/** Two wallets to pay from. */
let wallets: string[];
/** Providers by their countries, and what they ask: wei per GiB and day. */
let providers: { address: string; country: string; price: bigint }[];

beforeAll(async () => {
  console = await openConsole();
  const client = await console.network.client();
  const made = [];
  for (const name of ["first", "second"])
    made.push((await client.addWallet({ name, kind: "custodial", dailyLimit: "5000000000000000000" })).address);
  wallets = made;
  const found = await client.net.preview({ k: 1, n: 1 });
  providers = found.providers.map(({ provider, country, price }) => ({
    ...{ address: provider, country: country ?? "", price: BigInt(price) },
  }));
});
afterEach(async () => {
  await console?.closePages();
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(() => console?.close());

const fill = (page: Page, label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value);
const choose = (page: Page, label: string, value: string) =>
  page.getByLabel(label, { exact: true }).selectOption(value);
const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();
const text = (page: Page | Locator, words: string | RegExp) => page.getByText(words).first().waitFor(LONG);
const short = (address: string) => `${address.slice(0, 10)}…`;
const COIN = 10n ** 18n;
/** Coins per GiB and month, every digit. */
const perMonth = (price: bigint) => {
  const wei = price * 30n;
  return `${wei / COIN}.${(wei % COIN).toString().padStart(18, "0")}`;
};
const dearest = () => providers.map(({ price }) => price).toSorted((a, b) => Number(b - a))[0]!;

describe("the ten settings", () => {
  it("are filled in on the page with what each comes to, saved, and the same in page, API and command line after the gateway was started anew", async () => {
    const page = await console.at("/settings");
    await text(page, "4 of 4 providers qualify.");
    const [a, b, , d] = providers as [(typeof providers)[0], (typeof providers)[0], unknown, (typeof providers)[0]];
    await fill(page, "Most that a provider may ask, in CAIRN per GiB and month", perMonth(dearest()));
    await choose(page, "How it is kept", "copies");
    await fill(page, "Number of copies", "2");
    await text(page, "Any one of 2 providers gives everything back: 1 can be lost.");
    await choose(page, "Where copies may lie", "each");
    await choose(page, "Country of copy 1", a.country);
    // Nothing is asked about what is not chosen yet, and it says so at the setting.
    await text(page, "Choose a country for each.");
    await choose(page, "Country of copy 2", b.country);
    await text(page, "2 of 4 providers qualify.");
    await fill(page, "Usual length, in days", "60");
    await fill(page, "Minimum length, in days", "30");
    await page.getByLabel("Renew packages before they end").uncheck();
    await text(page, "Nothing is renewed by itself yet");
    await choose(page, "How often you are told that a deal ends", "daily");
    await fill(page, "Days before its end", "20");
    await choose(page, "How often you are told of a low balance", "weekly");
    await fill(page, "Low is below, in CAIRN", "2.5");
    await choose(page, "How often you are told what each wallet has", "monthly");
    await text(page, "first and second have less now: one notice a week.");
    await choose(page, "Add a wallet", wallets[0]!);
    await choose(page, "Add a wallet", wallets[1]!);
    await page.getByRole("button", { name: "Pay earlier with second" }).click();
    await choose(page, `Rule for ${short(d.address)}`, "blocked");
    await page
      .getByRole("row", { name: short(d.address) })
      .getByText("is among those that you block")
      .waitFor(LONG);
    await choose(page, `Rule for ${short(a.address)}`, "allowed");
    await choose(page, `Rule for ${short(b.address)}`, "allowed");
    await text(page, "Only the 2 providers that you allow are asked.");
    await save(page);
    await text(page, /^Saved\. Uploads from now on go by it \(version \d+\)\./);

    // A page that is open says that the gateway is away, which live.test.ts looks at.
    await console.closePages();
    const client = await console.network.client();
    const before = (await client.settings()).version;
    await console.network.kill("gateway");
    await expect
      .poll(
        () =>
          client.settings().then(
            ({ version }) => version,
            () => undefined,
          ),
        LONG,
      )
      .toBe(before);

    const placement = {
      maxPrice: dearest().toString(),
      ...{ shardCountries: [a.country, b.country], allowed: [a.address, b.address], blocked: [d.address] },
    };
    const ten = {
      ...{ k: 1, n: 2, days: 60, minDays: 30, renew: false, placement },
      wallets: [wallets[1], wallets[0]],
    };
    expect(await client.settings()).toEqual({ ...ten, version: before });
    const told = {
      ...{ expiryDays: 20, lowBalance: "2500000000000000000" },
      kinds: {
        ...{
          expiry: { frequency: "daily" },
          "balance-low": { frequency: "weekly" },
          balance: { frequency: "monthly" },
        },
      },
    };
    expect(await client.notices.settings()).toMatchObject(told);
    const said = await console.network.cli("settings", "--json");
    expect(said.json<SettingsJson>(), said.stderr).toMatchObject(ten);
    const notify = await console.network.cli("notify", "--json");
    expect(notify.json<NoticeSettingsJson>(), notify.stderr).toMatchObject(told);

    const again = await console.at("/settings");
    await text(again, "2 of 4 providers qualify.");
    const value = (label: string) => again.getByLabel(label, { exact: true }).inputValue();
    const shown = [];
    for (const label of LABELS) shown.push(await value(label));
    const price = perMonth(dearest()).replace(/\.?0+$/, "");
    expect(shown).toEqual([
      ...[price, "copies", "2", "each", a.country, b.country, "60", "30", "daily", "20", "weekly", "2.5", "monthly"],
    ]);
    expect(await again.getByLabel("Renew packages before they end").isChecked()).toBe(false);
    expect(await again.locator(".order li > span:first-child").allTextContents()).toEqual([
      expect.stringMatching(/^second/),
      expect.stringMatching(/^first/),
    ]);
    const rules = [];
    for (const { address } of [a, b, d]) rules.push(await value(`Rule for ${short(address)}`));
    expect(rules).toEqual(["allowed", "allowed", "blocked"]);
  });

  it("show what the gateway has against one at its field, and keep what was typed", async () => {
    const page = await console.at("/settings");
    await text(page, "providers qualify");
    await fill(page, "Most that a provider may ask, in CAIRN per GiB and month", "0");
    await text(page, /a maximum price of 0 wei cannot be set/);
    await fill(page, "Most that a provider may ask, in CAIRN per GiB and month", "half a coin");
    await text(page, "Give a number of coins, such as 0.5.");
    await save(page);
    await expect.poll(() => page.evaluate("document.activeElement.getAttribute('aria-invalid')"), LONG).toBe("true");
    await page.getByRole("button", { name: "Discard" }).click();
    await fill(page, "Usual length, in days", "20");
    await text(page, /20 days are less than your minimum of 30/);
    expect(await page.getByLabel("Usual length, in days").inputValue()).toBe("20");
    expect((await (await console.network.client()).settings()).days).toBe(60);
  });

  it("mark what contradicts itself, and are not left unsaved without a word", async () => {
    const page = await console.at("/settings");
    await text(page, "providers qualify");
    await fill(page, "Usual length, in days", "10");
    await fill(page, "Minimum length, in days", "30");
    await fill(page, "Least score, in percent", "150");
    for (const label of ["Usual length, in days", "Minimum length, in days", "Least score, in percent"])
      await expect.poll(() => page.getByLabel(label, { exact: true }).getAttribute("aria-invalid"), LONG).toBe("true");
    await page.getByRole("link", { name: "Packages", exact: true }).click();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor(LONG);
    await page.getByRole("button", { name: "Stay" }).click();
    expect(await page.getByLabel("Usual length, in days").inputValue()).toBe("10");
    await page.getByRole("link", { name: "Packages", exact: true }).click();
    await page.getByRole("button", { name: "Leave without saving" }).click();
    await page.getByRole("heading", { level: 1, name: "Packages" }).waitFor(LONG);
  });

  it("of two browsers are not lost: the later one sees both, takes theirs or keeps its own", async () => {
    const [one, two] = [await console.at("/settings"), await console.at("/settings")];
    for (const page of [one, two]) await text(page, "providers qualify");
    await fill(one, "Usual length, in days", "90");
    await save(one);
    await text(one, /^Saved\./);
    await fill(two, "Minimum length, in days", "10");
    await save(two);
    const dialog = two.getByRole("dialog", { name: "Somebody else changed the settings" });
    await dialog.getByRole("row", { name: "Usual length 60 90" }).waitFor(LONG);
    await dialog.getByRole("row", { name: "Minimum length 10 30" }).waitFor(LONG);
    await dialog.getByRole("button", { name: "Keep mine" }).click();
    await text(two, /^Saved\./);
    const client = await console.network.client();
    expect(await client.settings()).toMatchObject({ days: 90, minDays: 10 });
    await fill(one, "Usual length, in days", "70");
    await save(one);
    await one.getByRole("dialog").getByRole("button", { name: "Take theirs" }).click();
    await expect.poll(() => one.getByLabel("Minimum length, in days").inputValue(), LONG).toBe("10");
    expect(await one.getByLabel("Usual length, in days").inputValue()).toBe("90");
    expect(await client.settings()).toMatchObject({ days: 90, minDays: 10 });
  });

  it("go back to the network's defaults, when that is saved", async () => {
    const page = await console.at("/settings");
    await text(page, "providers qualify");
    await page.getByRole("button", { name: "Reset to the network's defaults" }).click();
    await text(page, "4 of 4 providers qualify.");
    const client = await console.network.client();
    expect((await client.settings()).days).toBe(90);
    await save(page);
    await text(page, /^Saved\./);
    const { version: _, ...left } = await client.settings();
    // The last of the ten: that renewal is wanted was said, and is.
    expect(left).toEqual({ renew: true, placement: {} });
    expect(await client.notices.settings()).toMatchObject({ expiryDays: 30, lowBalance: "10000000000000000000" });
  });
});

/** In the order in which they stand. */
const LABELS = [
  "Most that a provider may ask, in CAIRN per GiB and month",
  "How it is kept",
  "Number of copies",
  "Where copies may lie",
  "Country of copy 1",
  "Country of copy 2",
  "Usual length, in days",
  "Minimum length, in days",
  "How often you are told that a deal ends",
  "Days before its end",
  "How often you are told of a low balance",
  "Low is below, in CAIRN",
  "How often you are told what each wallet has",
];

describe("notices", () => {
  it("are chosen by kind and place, come to the list by the socket with a badge, and are marked read", async () => {
    const page = await console.at("/settings/notices");
    const client = await console.network.client();
    await choose(page, "How often: A check found something", "never");
    await page.getByLabel("A deal ends soon: Mail").uncheck();
    await expect
      .poll(async () => (await client.notices.settings()).kinds, LONG)
      .toMatchObject({ fixity: { frequency: "never" }, expiry: { channels: ["console", "webhook"] } });
    await text(page, "This gateway sends no mail.");

    const list = await console.at("/activity/notices");
    await list.locator('.lamp[data-state="live"]').waitFor(LONG);
    const unread = (await client.notices.page({ unread: true })).unread;
    await page.getByRole("button", { name: "Send a test notice" }).click();
    await list.getByRole("link", { name: new RegExp(`^${unread + 1} unread notice`) }).waitFor(LONG);
    await list.getByRole("button", { name: "Mark all as read" }).click();
    await text(list, "All are read.");
    expect((await client.notices.page()).unread).toBe(0);
  });

  it("go to webhooks, whose secret is shown once and whose deliveries are told of", async () => {
    const page = await console.at("/settings/notices");
    await fill(page, "URL", "http://127.0.0.1:9/hook");
    await page.getByRole("button", { name: "Add webhook" }).click();
    await page.locator(".fault, .problem").first().waitFor(LONG);
    await fill(page, "URL", "https://hooks.example/cairn");
    await fill(page, "Name", "shop");
    await page.getByRole("button", { name: "Add webhook" }).click();
    const secret = await page.getByRole("dialog", { name: "The webhook's secret" }).locator("output").textContent();
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole("button", { name: "I have kept it" }).click();
    await text(page, "Takes what it is sent.");
    await page.getByRole("button", { name: "Deliveries", exact: true }).click();
    await text(page, "Nothing has been sent there yet.");
    expect(await page.content()).not.toContain(secret);
    const client = await console.network.client();
    expect(await client.notices.webhooks()).toMatchObject([{ label: "shop", url: "https://hooks.example/cairn" }]);
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await text(page, "No webhook is set");
    expect(await client.notices.webhooks()).toEqual([]);
  });
});

describe("the account", () => {
  it("has tokens that are shown once and revoked, sessions that are ended, users and invites", async () => {
    const page = await console.at("/settings/account");
    const client = await console.network.client();
    const tokens = page.getByRole("region", { name: "API tokens", exact: true }).first();
    await tokens.getByLabel("Name", { exact: true }).fill("backup");
    await tokens.getByLabel("write").check();
    await tokens.getByRole("button", { name: "Make token" }).click();
    const secret = await page.getByRole("dialog", { name: "The new token" }).locator("output").textContent();
    await page.getByRole("button", { name: "I have kept it" }).click();
    const asked = await fetch(`${console.url}/api/v1/session`, { headers: { authorization: `Bearer ${secret}` } });
    expect(await asked.json()).toMatchObject({ scopes: ["read", "write"], via: "token" });
    await page
      .getByRole("row", { name: /^backup/ })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await expect.poll(async () => (await client.tokens()).map(({ label }) => label), LONG).not.toContain("backup");

    await page.getByRole("button", { name: "Add user" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a user" });
    await dialog.getByLabel("Name").fill("ada");
    await dialog.getByLabel("Password").fill("short");
    await dialog.getByRole("button", { name: "Add user" }).click();
    await dialog.locator(".fault, .problem").first().waitFor(LONG);
    await dialog.getByLabel("Password").fill("four words of hers");
    await dialog.getByRole("button", { name: "Add user" }).click();
    await page.getByRole("row", { name: /^ada/ }).waitFor(LONG);

    const other = await console.stranger();
    await other.goto(`${console.url}/settings/account`);
    await other.getByLabel("Name").fill("ada");
    await other.getByLabel("Password").fill("four words of hers");
    await other.getByRole("button", { name: "Log in" }).click();
    await other.getByRole("heading", { level: 1, name: "Account" }).waitFor(LONG);
    // Not an operator: nothing of the gateway is hers to set.
    expect(await other.getByText("Who may sign up at this gateway").count()).toBe(0);
    const third = await console.stranger();
    await third.goto(`${console.url}/`);
    await third.getByLabel("Name").fill("ada");
    await third.getByLabel("Password").fill("four words of hers");
    await third.getByRole("button", { name: "Log in" }).click();
    await third.getByRole("heading", { level: 1, name: "Overview" }).waitFor(LONG);
    await other.reload();
    await other.getByRole("button", { name: /^End the session of Chrome/ }).click();
    await text(other, "The session has ended.");
    // What is asked next says so, unless the page has found out by itself before.
    const over = text(third, "Your session has ended.");
    const places = third.getByRole("navigation", { name: "Pages" });
    await Promise.race([places.getByRole("link", { name: "Wallets", exact: true }).click(LONG), over]);
    await over;
  });

  it("has checks that come by themselves, for all packages, added and removed", async () => {
    const page = await console.at("/settings/checks");
    const client = await console.network.client();
    await text(page, "No check is scheduled");
    await page.getByRole("button", { name: "Add schedule" }).click();
    await page.getByRole("row", { name: /^All packages Samples weekly/ }).waitFor(LONG);
    expect((await client.schedules.list()).schedules).toMatchObject([
      { package: null, kind: "scrub", everySeconds: 604_800 },
    ]);
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await text(page, "No check is scheduled");
    expect((await client.schedules.list()).schedules).toEqual([]);
  });

  it("shows transactions by a link of its own, which is refused where it leads nowhere", async () => {
    const page = await console.at("/settings/display");
    await fill(page, "Link to a block explorer", "ftp://x/{tx}");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator(".fault").first().waitFor(LONG);
    await fill(page, "Link to a block explorer", "https://explorer.example/{tx}");
    await fill(page, "Confirmations of a transfer", "7");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await text(page, "Saved.");
    const said = await console.network.cli("settings", "--json");
    expect(said.json<SettingsJson>()).toMatchObject({ confirmations: 7, explorer: "https://explorer.example/{tx}" });
    await choose(page, "Sizes", "binary");
    await text(page, "A disk of 500 billion bytes shows as 466 GiB.");
  });
});
