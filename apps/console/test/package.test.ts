import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { depositFor } from "../../node/test/support/deposit-for.ts";
import { runCli } from "../../node/test/support/network.ts";
import { openConsole, PATIENCE, PHONE, seriousFaults, settled, type TestConsole, tooWide } from "./support/console.ts";

/** Until a shard is rebuilt, or deals have ended, on a machine that has much else to do. */
const LONG = { timeout: 240_000 };
const NAME = "Movies August 2020";
const PASSPHRASE = "four words of the file";

let console: TestConsole;
let id: string;
let page: Page;

beforeAll(async () => {
  console = await openConsole();
  const { network } = console;
  const folder = join(network.directory, NAME);
  await mkdir(join(folder, "sub"), { recursive: true });
  await writeFile(join(folder, "a.txt"), "hello ".repeat(50_000));
  await writeFile(join(folder, "sub", "ünï.txt"), "x");
  const done = async (...args: string[]) => {
    const ended = await network.cli(...args, "--json");
    expect([args, ended.code, ended.stderr]).toEqual([args, 0, ""]);
    return ended;
  };
  // A second wallet's, whose vault is locked again: the page opens its keystore with the key of its browser.
  await done("wallet");
  const { address } = (await done("wallet", "add", "savings", "--kind", "vault")).json<{ address: `0x${string}` }>();
  await depositFor(network, address, 5n * 10n ** 18n);
  await done("wallet", "unlock", "savings");
  ({ id } = (await done("put", folder, "--wallet", "savings")).json<{ id: string }>());
  await done("wallet", "lock", "savings");
  page = await console.at("/packages");
});
afterEach(() => {
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await console?.closePages();
  await console?.close();
});

const text = (words: string, of = page) => of.getByText(words, { exact: false }).first();
const button = (name: string) => page.getByRole("button", { name, exact: true });
const tab = (name: string) =>
  page.getByRole("navigation", { name: "About this package" }).getByRole("link", { name, exact: true });
const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const LOOKS = { full: "All 4 shards of every piece are alive and proved" };

describe("a package's page", () => {
  it("is opened from the list, and says in words how it is, how safe, and until when", async () => {
    await page.locator("tbody th a").first().click();
    await heading(`Package ${id.slice(0, 8)}…`).waitFor(PATIENCE);
    await text("Its name is encrypted to your key").waitFor(PATIENCE);
    await text(LOOKS.full).waitFor(LONG);
    const client = await console.network.client();
    const { sentence } = await client.net.safety(id);
    expect(sentence).toMatch(/^Readable at any hour/);
    await page.getByText(/^Readable at any hour/).waitFor(PATIENCE);
    expect(await page.locator(".week rect").count()).toBe(168);
    const { pieceList } = await client.package(id);
    await text(pieceList[0]!.pieceCid!).waitFor(PATIENCE);
  });

  it("has tabs with addresses of their own: who keeps it, deals, proofs without gaps, money, and who was asked", async () => {
    const client = await console.network.client();
    await tab("Copies").click();
    await page.waitForURL(/tab=copies/);
    await page.getByRole("region", { name: "Who keeps what" }).first().waitFor(PATIENCE);
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBe(4);
    await tab("Proofs").click();
    await expect.poll(() => page.locator("svg.proof-line").count(), PATIENCE).toBe(4);
    for (const { spans } of await client.proofs.ofPackage(id))
      for (const [at, span] of spans.slice(1).entries()) expect(span.from).toBe(spans[at]!.to + 1);
    await tab("Who was asked").click();
    const asks = await client.asks(id);
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBe(asks.length);
    await tab("Money").click();
    await text("Still set aside", page).or(text("Set aside for its deals")).waitFor(PATIENCE);
    await page.reload();
    await text("Set aside for its deals").waitFor(PATIENCE);
  });

  it("shows its first tab where the address names none that there is", async () => {
    await page.goto(`${console.url}/packages/${id}?tab=nonsense`);
    await page.locator('[aria-current="page"]').getByText("Safety").waitFor(PATIENCE);
  });

  it("opens its name with the key of who stored it, and renames it without touching its time", async () => {
    const file = join(console.network.directory, "account.json");
    const secret = join(console.network.directory, "passphrase");
    await writeFile(secret, `${PASSPHRASE}\n`);
    const exported = await console.network.cli("key", "export", file, "--passphrase-file", secret);
    expect(exported.code, exported.stderr).toBe(0);
    await page.goto(`${console.url}/welcome`);
    await page.getByText("I have a key", { exact: true }).click();
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByLabel("Its passphrase", { exact: true }).fill(PASSPHRASE);
    await button("Import the key").click();
    await text("Your key is in this browser").waitFor(LONG);
    await page.getByRole("link", { name: "Packages", exact: true }).click();
    await page.getByRole("link", { name: NAME }).click();
    await heading(NAME).waitFor(PATIENCE);
    const client = await console.network.client();
    const before = await client.package(id);
    await button("Rename").click();
    await page.getByLabel("New name").fill("Filme 🎬 August");
    await page.getByRole("dialog").getByRole("button", { name: "Rename", exact: true }).click();
    await heading("Filme 🎬 August").waitFor(PATIENCE);
    const after = await client.package(id);
    expect([after.createdAt, after.storedAt, after.root]).toEqual([before.createdAt, before.storedAt, before.root]);
    expect(after.label).not.toBe(before.label);
    const listed = await console.network.cli("ls", "--json");
    expect(listed.stdout).toContain("Filme 🎬 August");
  });

  it("checks files by their names, and says what the check found, and when all is well again", async () => {
    const client = await console.network.client();
    const { slots } = await client.package(id);
    const { shard } = await console.network.holderOf(slots[0]!.deal!);
    await flip(shard);
    await tab("Checks").click();
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Some files or folders" });
    await page.getByLabel("Files or folders, one a line").fill("sub/ünï.txt");
    await button("Start the check").click();
    await text("did not pass.").or(text("are as they were stored.")).first().waitFor(LONG);
    const [check] = await client.checks({ package: id });
    expect(check).toMatchObject({ state: "done", looked: 4 });
    await text(check!.ok ? "All 4 shards that were looked at" : "1 of 4 shards did not pass.").waitFor(PATIENCE);
    // The provider's own scrub (every 5 s here) may have been quicker than the check; either way it is named.
    const { provider } = slots[0]!;
    const named = (await client.events(0, 1000)).some((one) => one.kind === "damage" && one.provider === provider);
    const { shards } = await client.checkResult(check!.id);
    expect(named || shards.some((one) => one.provider === provider && one.result === "damaged")).toBe(true);
    expect(page.url()).not.toContain("sub");
    await tab("Safety").click();
    await text(LOOKS.full).waitFor(LONG);
    await expect.poll(() => client.package(id).then(({ state }) => state), LONG).toBe("STORED");
  });

  it("has checks come by themselves, and stops them", async () => {
    const client = await console.network.client();
    await tab("Checks").click();
    await page.getByLabel("How often").selectOption({ label: "Every day" });
    await button("Add").click();
    await button("Stop").waitFor(PATIENCE);
    expect((await client.schedules.list()).schedules).toMatchObject([{ package: id, everySeconds: 86_400 }]);
    await button("Stop").click();
    await text("No check comes by itself.").waitFor(PATIENCE);
    expect((await client.schedules.list()).schedules).toEqual([]);
  });

  it("makes a certificate that it checks, and that the command line holds to be good with its signature", async () => {
    await tab("Certificate").click();
    await button("Make the certificate").click();
    await text("It holds: every hash, signature and count").waitFor(LONG);
    const save = async (name: string) => {
      const [file] = await Promise.all([page.waitForEvent("download", PATIENCE), button(name).click()]);
      const path = join(console.network.directory, file.suggestedFilename());
      await file.saveAs(path);
      return path;
    };
    const path = await save("Download the certificate");
    // It needs no home.
    const verified = await runCli(["verify-certificate", path, "--json"]);
    expect(verified.code, verified.stdout).toBe(0);
    const signature = await readFile(await save("Sign with your key"), "utf8");
    expect(signature).toMatch(/^-----BEGIN PGP SIGNATURE-----/);
  });

  it("is right for who cannot see it, in the dark and on a phone", async () => {
    for (const one of ["safety", "copies", "deals", "proofs", "checks", "money", "certificate", "asks"]) {
      await page.goto(`${console.url}/packages/${id}?tab=${one}`);
      await text("shards").waitFor(PATIENCE);
      await settled(page);
      await page.emulateMedia({ colorScheme: one === "safety" ? "light" : "dark" });
      expect(await seriousFaults(page), one).toEqual([]);
      await page.setViewportSize(PHONE);
      expect(await tooWide(page), one).toBe(0);
      await page.setViewportSize({ width: 1280, height: 860 });
    }
    await page.emulateMedia({ colorScheme: "light" });
  });
});

describe("the table of all deals", () => {
  it("sorts, filters, and gives exactly what it shows as CSV and JSON", async () => {
    await page.goto(`${console.url}/deals?states=ACTIVE`);
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBe(4);
    await page.getByTitle("Sort by Provider").click();
    await page.waitForURL(/sort=provider/);
    const client = await console.network.client();
    const { deals } = await client.dealsPage({ states: "ACTIVE", sort: "provider", order: "asc" });
    const shown = () => page.locator("tbody th code").evaluateAll((all) => all.map((one) => one.getAttribute("title")));
    await expect.poll(shown, PATIENCE).toEqual(deals.map(({ deal }) => deal));
    const files = await Promise.all(
      (["CSV", "JSON"] as const).map(async (name) => {
        const href = await page.getByRole("link", { name, exact: true }).getAttribute("href");
        return page.evaluate<string>(`fetch(${JSON.stringify(href)}).then((one) => one.text())`);
      }),
    );
    const rows = files[0]!.trim().split(/\r?\n/).slice(1);
    expect(rows.map((row) => row.split(",")[0])).toEqual(deals.map(({ deal }) => deal));
    expect((JSON.parse(files[1]!) as { deal: string }[]).map(({ deal }) => deal)).toEqual(
      deals.map(({ deal }) => deal),
    );
  });

  it("asks a moment after the last key, keeps the field, and gives files by what is typed", async () => {
    await page.goto(`${console.url}/deals`);
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBeGreaterThan(0);
    const { deals } = await (await console.network.client()).dealsPage();
    const field = page.getByLabel("Begins with");
    await field.pressSequentially(deals[0]!.deal);
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBe(1);
    expect(await page.evaluate("document.activeElement.type")).toBe("search");
    expect(await field.inputValue()).toBe(deals[0]!.deal);
    await page.getByRole("link", { name: "Clear" }).click();
    await expect.poll(() => page.locator("tbody tr").count(), PATIENCE).toBe(deals.length);
    expect(await field.inputValue()).toBe("");
    await field.fill("0xnothing");
    const file = page.waitForEvent("download");
    // At once, as a quick hand does: the field has not asked yet.
    await page.evaluate(`document.querySelector('a[href^="/api/v1/deals.json"]').click()`);
    expect(new URL((await file).url()).searchParams.get("search")).toBe("0xnothing");
  });

  it("opens a row as the deal's life, with the settings that it was proposed under", async () => {
    await page.goto(`${console.url}/deals`);
    await page.locator("tbody th button").first().click();
    const dialog = page.getByRole("dialog");
    await text("One deal's life").waitFor(PATIENCE);
    await dialog.getByText("The provider had the shard and proved it", { exact: false }).waitFor(PATIENCE);
    await dialog.getByText("2 / 4", { exact: true }).waitFor(PATIENCE);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached", ...PATIENCE }).catch(() => undefined);
    await page.waitForURL((url) => !url.search.includes("deal="));
  });
});

describe("a provider that dies", () => {
  it("changes what the page says, without it being loaded again", async () => {
    const client = await console.network.client();
    await page.goto(`${console.url}/packages/${id}`);
    await text("All of its providers answer just now.").waitFor(LONG);
    await page.evaluate("window.loadedOnce = true");
    const { slots } = await client.package(id);
    await console.network.kill((await console.network.holderOf(slots[0]!.deal!)).name);
    await text("1 of its 4 providers does not answer just now.")
      .or(text("3 of 4 shards of the weakest piece are alive; 2 are needed."))
      .first()
      .waitFor(LONG);
    expect(await page.evaluate("window.loadedOnce")).toBe(true);
  });
});

describe("removing it", () => {
  it("says what happens with money and data, has the name typed, and ends its deals", async () => {
    await page.goto(`${console.url}/packages/${id}`);
    // Loaded anew, the page asks for the passphrase.
    await button("Remove").click();
    const dialog = page.getByRole("dialog", { name: "Remove this package?" });
    await dialog.getByText("come back to your deposit", { exact: false }).waitFor(PATIENCE);
    await dialog.getByText("it cannot be undone", { exact: false }).waitFor(PATIENCE);
    const act = dialog.getByRole("button", { name: "Remove for good" });
    expect(await act.isDisabled()).toBe(true);
    const typed = dialog.getByLabel(/^Type /);
    await typed.fill(id.slice(0, 8));
    await act.click();
    const asked = page.getByRole("dialog", { name: "Unlock your key" });
    await asked.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await asked.getByRole("button", { name: "Unlock", exact: true }).click();
    const client = await console.network.client();
    await expect.poll(() => client.package(id).then(({ state }) => state), LONG).toMatch(/ENDING|REMOVED/);
    await page
      .getByText(/Its deals end with the next period|Its owner removed it/)
      .first()
      .waitFor(LONG);
  });
});

async function flip(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    // Every unit of it: a check that opens some of them finds it whichever they are.
    const bytes = Buffer.alloc(size);
    await file.read(bytes, 0, size, 0);
    for (let at = 0; at < size; at += 32) bytes[at]! ^= 1;
    await file.write(bytes, 0, size, 0);
  } finally {
    await file.close();
  }
}
