import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runCli, startNetwork } from "../../node/test/support/network.ts";
import { openConsole, PATIENCE, type TestConsole } from "./support/console.ts";
import { makeFolder } from "./support/folders.ts";
import { dropFolder, makePhotos } from "./support/photos.ts";

/** Until a package is stored on a machine that has much else to do. */
const LONG = { timeout: 300_000 };
const PASSPHRASE = "pebbles under the bridge";
const FILE_PASSPHRASE = "another one for the file";

let console: TestConsole;
const directory = mkdtempSync(join(tmpdir(), "cairn-upload-"));
const photos = join(directory, "photos");
/** Of the gateway's machine, which is this one. */
const shared = join(directory, "shared");
let taken: Map<string, Buffer>;

beforeAll(async () => {
  mkdirSync(join(shared, "drawer"), { recursive: true });
  writeFileSync(join(shared, "drawer", "letter"), "of the gateway's machine");
  console = await openConsole({ env: { CAIRN_VAULT_PATHS: shared } });
  const page = await console.stranger();
  await page.goto(`${console.url}/sign-up`);
  taken = await makePhotos(page, photos, 50);
  await console.closePages();
});
afterEach(() => {
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await console?.closePages();
  await console?.close();
  rmSync(directory, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const cardOf = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

async function download(page: Page, press: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download", PATIENCE), button(page, press).click()]);
  const path = join(directory, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

let words: string[];
let accountFile: string;
let keyFile: string;

describe("the first minute", () => {
  let page: Page;
  let id: string;

  it("is a guide of four steps: a key with its copies, a wallet with coins, a recovery phrase, a folder", async () => {
    page = await console.stranger();
    await page.goto(await console.link());
    await link(page, "Store your first folder").click();
    await heading(page, "Store your first folder").waitFor(PATIENCE);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await page.getByLabel("Passphrase again").fill("short");
    await button(page, "Make the key").click();
    await page.getByText("Choose one of at least 8", { exact: false }).waitFor(PATIENCE);
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.getByLabel("Passphrase again").fill(PASSPHRASE);
    await button(page, "Make the key").click();
    await page.getByText("Your key is in this browser: Ada", { exact: false }).waitFor(PATIENCE);
    await page.getByLabel("Passphrase of the file").fill(FILE_PASSPHRASE);
    accountFile = await download(page, "Download the account file");
    keyFile = await download(page, "Download the OpenPGP key");
    const revocation = await download(page, "Download the certificate");
    expect(readFileSync(revocation, "utf8")).toContain("BEGIN PGP PUBLIC KEY");
    await link(page, "Next").click();
    await button(page, "Use this wallet").click();
    await page.getByText("The wallet is yours and has a deposit.").waitFor(PATIENCE);
    const account = await (await console.network.client()).account();
    expect(account.owner).not.toBeNull();
    await page.getByText(account.owner!.toLowerCase()).first().waitFor(PATIENCE);
    await link(page, "Next").click();
    await button(page, "Make the recovery phrase").click();
    await page.getByText(/^It takes at most [\d.]+ coins from your wallet, for 3 copies over 365 days/).waitFor(LONG);
    await button(page, "Store it for that").click();
    const shown = page.getByRole("list", { name: "The 24 words" }).getByRole("listitem");
    await shown.first().waitFor(LONG);
    words = await shown.allTextContents();
    expect(words).toHaveLength(24);
    await page
      .getByText((await console.network.client().then((client) => client.network())).deployment.deals)
      .waitFor();
    await button(page, "I have written them down").click();
    const written = page.getByLabel("The 24 words, as they stand on the paper");
    await written.fill([...words.slice(0, 3), "wrenn", ...words.slice(4)].join(" "));
    await button(page, "Check").click();
    await page.getByText('Word 4, "wrenn"', { exact: false }).waitFor(PATIENCE);
    await written.fill(words.map((word, at) => `${at + 1}. ${word}`).join("\n"));
    await button(page, "Check").click();
    await page.getByText("The words are right.").waitFor(PATIENCE);
    expect(await page.content()).not.toContain(words.slice(0, 4).join(" "));
    await link(page, "Next").click();
    await page.getByRole("heading", { name: "Drop a folder" }).waitFor(PATIENCE);
    // In another tab: one that is loaded anew has a locked key.
    const again = await page.context().newPage();
    await again.goto(`${console.url}/welcome`);
    await again.getByRole("heading", { name: "Drop a folder" }).waitFor(PATIENCE);
    expect(await again.getByRole("navigation", { name: "Steps" }).getByRole("link").allTextContents()).toEqual([
      ...["1. Key ✓", "2. Wallet ✓", "3. Recovery phrase ✓", "4. Folder"],
    ]);
    await again.close();
    await dropFolder(page, photos);
    await heading(page, "Upload").waitFor(PATIENCE);
  });

  it("says what was found, and what it costs before it is agreed", async () => {
    const card = cardOf(page, "photos");
    await card.getByText("50 files in 6 folders", { exact: false }).waitFor(PATIENCE);
    await card.getByText("50 images", { exact: false }).waitFor(PATIENCE);
    await button(page, "Encrypt and send").click();
    await card.getByRole("heading", { name: "The price, before you agree" }).waitFor(LONG);
    const client = await console.network.client();
    const found = (await client.packages()).find(({ layout }) => layout === "private");
    id = found!.id;
    expect(found!.state).toBe("COMMITTED");
    expect((await client.account()).owner).not.toBeNull();
    const rows = await card.getByRole("row").count();
    expect(rows).toBeGreaterThan(3);
    await card.getByText("agreed to keep it").first().waitFor(PATIENCE);
    await card.getByText("You pay at most").waitFor(PATIENCE);
  });

  it("names what went away or changed after it was picked, and counts what was packed, before it is agreed", async () => {
    const changing = makeFolder(join(directory, "changing"), { "a.bin": 1_000, "b.bin": 2_000, "c.bin": 3_000 });
    const other = await page.context().newPage();
    await other.goto(`${console.url}/upload`);
    await heading(other, "Upload").waitFor(PATIENCE);
    await dropFolder(other, changing);
    const card = cardOf(other, "changing");
    await card.getByText("3 files in 1 folder, 6.00 kB").waitFor(PATIENCE);
    rmSync(join(changing, "b.bin"));
    makeFolder(changing, { "c.bin": 4_000 });
    await card.getByRole("button", { name: "Encrypt and send" }).click();
    await other.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await other.getByRole("dialog").getByRole("button", { name: "Unlock" }).click();
    await card.getByRole("heading", { name: "The price, before you agree" }).waitFor(LONG);
    await card.getByText("1 file that you picked is no longer there, and is left out: b.bin.").waitFor(PATIENCE);
    await card.getByText("1 file changed after you picked it, and is stored as of now: c.bin.").waitFor(PATIENCE);
    await card.getByText("2 files in 1 folder, 5.00 kB").waitFor(PATIENCE);
    await card.getByText("2 files, 5.00 kB").waitFor(PATIENCE);
    await card.getByRole("button", { name: "Discard" }).click();
    await card.getByText("Discarded: nothing was stored or paid", { exact: false }).waitFor(PATIENCE);
    await other.close();
  });

  it("shows each stage of placing in plain words, while other pages are looked at, until all is stored", async () => {
    await button(page, "Agree and store").click();
    const card = cardOf(page, "photos");
    await card.getByText("You have agreed. The providers are taking it over", { exact: false }).waitFor(PATIENCE);
    await link(page, "Deals").click();
    await heading(page, "Deals").waitFor(PATIENCE);
    await page.locator(".upload-badge").click();
    await card.getByText("photos is stored: every copy is in place and proved.").waitFor(LONG);
    await card.getByText("random places came back from providers", { exact: false }).waitFor(PATIENCE);
    await card.getByText("It costs at most", { exact: false }).waitFor(PATIENCE);
    await card.getByRole("link", { name: "Open the package" }).click();
    await page.waitForURL(`**/packages/${id}`);
    const client = await console.network.client();
    expect(await client.package(id)).toMatchObject({ state: "STORED", files: 50 });
  });

  it("leaves a key file with which the command line gives every byte back", async () => {
    const passphrase = join(directory, "passphrase");
    writeFileSync(passphrase, `${FILE_PASSPHRASE}\n`);
    const imported = await console.network.cli("key", "import", accountFile, "--passphrase-file", passphrase);
    expect(imported.code, imported.stderr).toBe(0);
    const back = join(directory, "back");
    const got = await console.network.cli("get", "photos", back);
    expect(got.code, got.stderr).toBe(0);
    for (const [place, bytes] of taken) expect(readFileSync(join(back, place)).equals(bytes), place).toBe(true);
  });

  it("leaves 24 words that bring key, names and every byte back on an empty machine", async () => {
    await page.locator(".key-lamp").click();
    await heading(page, "Keys").waitFor(PATIENCE);
    await button(page, "Look whether it is up to date").click();
    await page.getByText("Changed since then: names of packages.").waitFor(LONG);
    await button(page, "Store it as it is now").click();
    await button(page, "Store it for that").click(LONG);
    await page.getByText("The recovery phrase brings back your account as it is now.").waitFor(LONG);
    const { chainUrl } = await console.network.run();
    const { deals } = (await (await console.network.client()).network()).deployment;
    const home = join(directory, "empty");
    const other = await startNetwork({ home, providers: 0, deals, env: { CAIRN_CHAIN_URL: chainUrl } });
    try {
      const opened = await other.cli("open", "--no-browser", "--json");
      const elsewhere = await console.browser.context();
      try {
        const there = await elsewhere.newPage();
        await there.goto(opened.json<{ link: string }>().link);
        await link(there, "Store your first folder").click(PATIENCE);
        await button(there, "I have 24 words").click();
        const written = there.getByLabel("The 24 words, as they stand on the paper");
        const chosen = there.getByLabel("Passphrase in this browser");
        await written.fill([...words.slice(1), words[0]].join(" "));
        await chosen.fill("short");
        await button(there, "Bring it all back").click();
        await there.getByText("the passphrase has 5 characters", { exact: false }).waitFor(PATIENCE);
        await chosen.fill("another passphrase");
        await button(there, "Bring it all back").click();
        await there.getByRole("alert").filter({ hasText: "word" }).waitFor(PATIENCE);
        await written.fill(words.join(" "));
        await button(there, "Bring it all back").click();
        await there.getByText("Back: your key, 1 wallet and 1 package.", { exact: false }).waitFor(LONG);
        await link(there, "Packages").click();
        await there.getByRole("link", { name: "photos" }).first().waitFor(PATIENCE);
        await there.locator(".key-lamp").click();
        await there.getByText("Your account has a recovery phrase. Its words are kept nowhere.").waitFor(PATIENCE);
      } finally {
        await elsewhere.close();
      }
      const recovered = await runCli(["recover", "--phrase", "--json", "--home", home], {}, words.join("\n"));
      expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
      // The browser has brought it back to this gateway; here the keys come into the command line's home.
      expect(recovered.json()).toMatchObject({ failed: [], found: 1, recovered: [] });
      const back = join(directory, "by words");
      const got = await other.cli("get", "photos", back);
      expect(got.code, got.stderr).toBe(0);
      for (const [place, bytes] of taken) expect(readFileSync(join(back, place)).equals(bytes), place).toBe(true);
    } finally {
      await other.stop();
    }
  });

  it("also stores a folder of the gateway's machine, while a vault is open, which every page shows", async () => {
    const { cli } = console.network;
    expect((await cli("wallet", "add", "savings", "--kind", "vault")).code).toBe(0);
    await link(page, "Upload").click();
    const there = cardOf(page, "From the gateway's machine");
    await there.getByText("It does so only while one of your vaults is open.").waitFor(PATIENCE);
    expect((await cli("wallet", "unlock", "savings")).code).toBe(0);
    await link(page, "Deals").click();
    await page.getByText(/^Vault open \d+:\d\d$/).waitFor(PATIENCE);
    await link(page, "Upload").click();
    for (const name of [shared, "drawer/", `Store ${shared}/drawer`])
      await there.getByRole("button", { name, exact: true }).click(PATIENCE);
    const card = cardOf(page, "drawer");
    await card.getByRole("button", { name: "Encrypt and send" }).click(PATIENCE);
    await card.getByRole("button", { name: "Agree and store" }).click(LONG);
    await card.getByText("drawer is stored: every copy is in place and proved.").waitFor(LONG);
    const back = join(directory, "drawer-back");
    const got = await cli("get", "drawer", back);
    expect(got.code, got.stderr).toBe(0);
    expect(readFileSync(join(back, "letter"), "utf8")).toBe("of the gateway's machine");
    expect((await cli("wallet", "lock", "savings")).code).toBe(0);
    await page.getByText(/^Vault open/).waitFor({ state: "detached", ...PATIENCE });
  });

  it("is opened by gpg 2.2 with the key that the browser made", async () => {
    const home = mkdtempSync(join(tmpdir(), "cairn-gpg-"));
    const gpg = (args: string[], input?: Uint8Array) =>
      execFileSync(
        "gpg",
        ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE, ...args],
        { ...(input === undefined ? {} : { input }), stdio: ["pipe", "pipe", "pipe"] },
      );
    try {
      gpg(["--import", keyFile]);
      const client = await console.network.client();
      const parts: Uint8Array[] = [];
      for await (const part of await client.manifest(id)) parts.push(part);
      const manifest = gpg(["--decrypt"], Buffer.concat(parts));
      expect(manifest.includes("IMG_0001.jpg")).toBe(true);
    } finally {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("keeps nothing in the browser that opens without the passphrase", async () => {
    const kept = await page.evaluate<string>(`(async () => {
      const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((done) => { const o = indexedDB.open(name); o.onsuccess = () => done(o.result); });
        for (const table of database.objectStoreNames) {
          const rows = await new Promise((done) => { const r = database.transaction(table).objectStore(table).getAll(); r.onsuccess = () => done(r.result); });
          texts.push(JSON.stringify(rows, (_, value) => value instanceof Uint8Array ? Array.from(value, (one) => one.toString(16).padStart(2, "0")).join("") : value));
        }
        database.close();
      }
      return texts.join("\\n");
    })()`);
    const secrets = JSON.parse(readFileSync(join(console.network.home, "account", "account.json"), "utf8")) as {
      wallet: string;
      lookupKey: string;
    };
    expect(kept).toContain("BEGIN PGP PRIVATE KEY BLOCK");
    expect(kept).not.toContain(secrets.wallet.slice(2));
    expect(kept).not.toContain(Buffer.from(secrets.lookupKey, "base64").toString("hex"));
    expect(kept).not.toContain("IMG_0001");
    expect(kept).not.toContain(PASSPHRASE);
    expect(kept).not.toContain(words.slice(0, 4).join(" "));
  });
});
