import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CairnClient, QuotePlanJson } from "@cairn/client";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ChainBooks } from "../../node/test/support/chain-books.ts";
import { checkMoney, openBooks, patiently, untilAtRest } from "../../node/test/support/invariants.ts";
import { importKey, PASSPHRASE } from "./support/browser-key.ts";
import { openConsole, PATIENCE, type TestConsole } from "./support/console.ts";
import { getBack, isSame, makeFolder } from "./support/folders.ts";
import { type Call, type GoBetween, goBetween } from "./support/go-between.ts";
import { dropFolder } from "./support/photos.ts";

/** Until a package is stored, or what was killed is back, on a machine that has much else to do. */
const LONG = { timeout: 300_000 };
const PIECE_LIMIT = 5_000_000;
const FILES = { a: 400_000, b: 400_000 };
/** Whoever goes on begins after a file of those that are packed at once, which are about 4 MB. */
const LARGE = { a: 4_500_000, b: 4_500_000, c: 4_500_000 };
const AWAY = "The gateway does not answer. It goes on by itself when it is back; you need do nothing.";

let console: TestConsole;
let between: GoBetween;
let client: CairnClient;
let books: ChainBooks;
const directory = mkdtempSync(join(tmpdir(), "cairn-faults-"));

beforeAll(async () => {
  console = await openConsole({ providers: 6, env: { CAIRN_PIECE_LIMIT: String(PIECE_LIMIT) } }, async (gateway) => {
    between = await goBetween(gateway);
    return between.url;
  });
  client = await console.network.client();
  books = await openBooks(console.network);
  const { code, stderr } = await console.network.cli("key", "create");
  expect(code, stderr).toBe(0);
});
afterEach(() => {
  // A socket that breaks with its gateway is said by the browser, whatever the page does about it.
  expect(console?.complaints.splice(0).filter((one) => !one.startsWith("WebSocket connection to"))).toEqual([]);
});
afterAll(async () => {
  await books?.close();
  await console?.closePages();
  await between?.close();
  await console?.close();
  rmSync(directory, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const cardOf = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const folderOf = (name: string, files: Record<string, number> = FILES) => makeFolder(join(directory, name), files);

/** A browser that has the key, open. */
async function withKey(): Promise<Page> {
  const page = await console.at("/");
  await importKey(console, page, directory);
  return page;
}

/** Drop a folder, and have it encrypted and sent. */
async function send(page: Page, folder: string, name: string) {
  await dropFolder(page, folder);
  const card = cardOf(page, name);
  await card.getByRole("button", { name: "Encrypt and send" }).click();
  return card;
}

async function agree(page: Page, name: string): Promise<void> {
  const card = cardOf(page, name);
  await card.getByRole("button", { name: "Agree and store" }).click(LONG);
}

const isStored = (page: Page, name: string) =>
  cardOf(page, name).getByText(`${name} is stored: every copy is in place and proved.`).waitFor(LONG);

const isAnswered = ({ received }: Call) => received > 0;
const named = async (id: string) => patiently(() => client.package(id));
const idOf = (line: string) => /packages\/([0-9a-f]{32})/.exec(line)?.[1] ?? "";

describe("the gateway, killed", () => {
  it("while bytes are sent and again as it takes the signature: said, gone on with, stored and paid once", async () => {
    const page = await withKey();
    const folder = folderOf("killed");
    const held = between.hold("request", /PUT .*\/pieces\/0\?/, 300_000);
    const card = await send(page, folder, "killed");
    const id = idOf((await held.reached).line);
    await console.network.kill("gateway");
    held.go();
    await card.getByText(AWAY).waitFor(LONG);
    await card.getByText(AWAY).waitFor({ state: "detached", ...LONG });
    await card.getByRole("heading", { name: "The price, before you agree" }).waitFor(LONG);
    expect(await card.getByText(AWAY).count()).toBe(0);

    // It has the signature, and the page has no answer.
    const lose = between.alter(/POST .*\/commit$/, async () => {
      lose();
      await console.network.kill("gateway");
      throw new Error("the answer is lost");
    });
    await agree(page, "killed");
    await card.getByText(AWAY).waitFor(LONG);
    await isStored(page, "killed");
    expect((await named(id)).state).toBe("STORED");
    expect((await client.packages()).map((one) => one.id)).toEqual([id]);
    expect(between.of(/POST .*\/commit$/).every(({ line }) => line.includes(id))).toBe(true);
    await untilAtRest(client);
    await checkMoney(client, books);
    expect(isSame(await getBack(console.network, "killed"), folder)).toBe(true);
    await page.context().close();
  });
});

describe("a tab, closed while bytes are sent", () => {
  it("is opened again, says what waits, and sends only what is missing of the folder that it is given again", async () => {
    const page = await withKey();
    const folder = folderOf("closed", LARGE);
    const held = between.hold("request", /PUT .*\/pieces\/2\?/, 1_000_000);
    await send(page, folder, "closed");
    const id = idOf((await held.reached).line);
    // Those before it are on their way with it.
    await expect
      .poll(() => between.of(new RegExp(`PUT .*${id}/pieces/[01]\\?`)).filter(isAnswered).length, LONG)
      .toBe(2);
    const context = page.context();
    await page.close();
    const before = between.calls.length;

    const again = await context.newPage();
    await again.goto(`${console.url}/upload`);
    await again.getByText("1 upload was begun in this browser and waits for its folder.").waitFor(PATIENCE);
    await button(again, "Unlock to see").click();
    await again.getByLabel("Passphrase").fill(PASSPHRASE);
    await again.getByRole("dialog").getByRole("button", { name: "Unlock" }).click();
    await again.getByText("closed was begun and not finished.").waitFor(PATIENCE);
    await again.getByLabel("Pick it again").setInputFiles(folder);
    const card = cardOf(again, "closed");
    await card.getByText("It goes on where it was: 2 of 3 files (9.00 MB) had been sent.").waitFor(LONG);
    await agree(again, "closed");
    await isStored(again, "closed");
    const parts = between.calls.slice(before).filter(({ line }) => /PUT .*\/pieces\//.test(line));
    expect(parts.filter(({ line }) => idOf(line) !== id || /pieces\/0\?/.test(line))).toEqual([]);
    expect(parts.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(5_000_000);
    expect(isSame(await getBack(console.network, "closed"), folder)).toBe(true);
    await context.close();
  });
});

describe("two browsers of one account", () => {
  it("store at once, and each sees what the other stores without being loaded again", async () => {
    const pages = [await withKey(), await withKey()] as const;
    const names = ["from one", "from two"] as const;
    await Promise.all(pages.map((page, at) => send(page, folderOf(names[at]!, { a: 50_000 }), names[at]!)));
    await Promise.all(pages.map((page, at) => agree(page, names[at]!)));
    for (const [at, page] of pages.entries()) {
      await page.evaluate("window.loadedOnce = true");
      await page.getByRole("link", { name: "Packages", exact: true }).click();
      const other = page.locator("tbody tr", { has: page.getByText(names[1 - at]!, { exact: true }) });
      await other.getByText("at full strength").waitFor(LONG);
      expect(await page.evaluate("window.loadedOnce")).toBe(true);
    }
    for (const name of names) expect(isSame(await getBack(console.network, name), join(directory, name))).toBe(true);
    await Promise.all(pages.map((page) => page.context().close()));
  });

  it("that give one name at once have one of them refused in words; of two that replace it, one is had whole", async () => {
    const pages = [await withKey(), await withKey()] as const;
    const [one, two] = pages;
    const folders = ["1", "2"].map((of) => makeFolder(join(directory, of, "same"), { [of]: 20_000, both: 30_000 }));
    await Promise.all(pages.map((page, at) => send(page, folders[at]!, "same")));
    const offered = (page: Page) => cardOf(page, "same").getByRole("heading", { name: "The price, before you agree" });
    const refused = (page: Page) => cardOf(page, "same").getByText("A package with this name is there already");
    await Promise.all(pages.map((page) => offered(page).or(refused(page)).waitFor(LONG)));
    const first = (await offered(one).count()) === 1 ? 0 : 1;
    expect(await offered(pages[first]!).count()).toBe(1);
    expect(await refused(pages[1 - first]!).count()).toBe(1);
    await agree(pages[first]!, "same");
    await isStored(pages[first]!, "same");
    expect(isSame(await getBack(console.network, "same"), folders[first]!)).toBe(true);

    // Both take its place.
    await cardOf(pages[first]!, "same").getByRole("button", { name: "Dismiss" }).click();
    await send(pages[first]!, folders[first]!, "same");
    for (const page of [one, two]) {
      const card = cardOf(page, "same");
      await card.getByRole("checkbox").check(LONG);
      await card.getByRole("button", { name: "Encrypt and send" }).click();
    }
    await Promise.all(pages.map((page) => offered(page).waitFor(LONG)));
    await Promise.all(pages.map((page) => agree(page, "same")));
    // The one that was stored first has it; what the other is about is said.
    const good = (page: Page) => cardOf(page, "same").getByText("same is stored: every copy is in place and proved.");
    const late = (page: Page) => cardOf(page, "same").getByText("another package took the name meanwhile");
    await Promise.all(pages.map((page) => good(page).or(late(page)).waitFor(LONG)));
    const winner = (await good(one).count()) === 1 ? 0 : 1;
    expect([await good(pages[winner]!).count(), await late(pages[1 - winner]!).count()]).toEqual([1, 1]);
    expect(isSame(await getBack(console.network, "same"), folders[winner]!)).toBe(true);
    await cardOf(pages[1 - winner]!, "same")
      .getByRole("button", { name: "Try again" })
      .click();
    await good(pages[1 - winner]!).waitFor(LONG);
    expect(isSame(await getBack(console.network, "same"), folders[1 - winner]!)).toBe(true);
    const listed = (await console.network.cli("ls", "--json")).json<{ name: string; state: string }[]>();
    expect(listed.filter(({ name, state }) => name === "same" && state !== "ENDING")).toHaveLength(1);
    await Promise.all(pages.map((page) => page.context().close()));
  });
});

describe("providers, killed", () => {
  it("while bytes are sent, and as they are to take the parts over: others take their places, and it is stored all the same", async () => {
    const { children } = await console.network.run();
    const nameOf = (provider: string) =>
      children.find((one) => one.provider?.toLowerCase() === provider.toLowerCase())?.name ?? "";
    const page = await withKey();
    const folder = folderOf("transfer", { a: 300_000 });
    const held = between.hold("request", /PUT .*\/pieces\/0\?/, 150_000);
    let plan: QuotePlanJson | undefined;
    const quoted = between.alterJson<QuotePlanJson>(/POST .*\/quote$/, (answer) => {
      plan = answer;
    });
    const card = await send(page, folder, "transfer");
    const id = idOf((await held.reached).line);
    await console.network.kill(children.find(({ provider }) => provider !== undefined)!.name);
    held.go();
    await card.getByRole("heading", { name: "The price, before you agree" }).waitFor(LONG);
    quoted();
    const dead = plan!.placements[0]!.provider;
    const kill = between.alter(/POST .*\/commit$/, async (answer) => {
      kill();
      await console.network.kill(nameOf(dead));
      return answer;
    });
    await agree(page, "transfer");
    await isStored(page, "transfer");
    const { slots, state } = await client.package(id);
    expect(state).toBe("STORED");
    expect(slots.map(({ provider }) => provider)).not.toContain(dead);
    await untilAtRest(client);
    await checkMoney(client, books);
    expect(isSame(await getBack(console.network, "transfer"), folder)).toBe(true);
  });
});
