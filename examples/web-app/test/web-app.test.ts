import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropFolder } from "../../../apps/console/test/support/photos.ts";
import { startNetwork, type TestNetwork } from "../../../apps/node/test/support/network.ts";
import { serve } from "../serve.ts";

/** Until a package is stored on a machine that has much else to do. */
const LONG = { timeout: 300_000 };
const PASSPHRASE = "pebbles under the bridge";
const FILES = { "a.txt": "first", "below/ü.txt": "second".repeat(20_000) };

const directory = mkdtempSync(join(tmpdir(), "cairn-web-app-"));
const folder = join(directory, "notes");
const complaints: string[] = [];
let network: TestNetwork;
let browser: TestBrowser;
let served: Awaited<ReturnType<typeof serve>>;
let page: Page;

beforeAll(async () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  network = await startNetwork({ profile: "demo", providers: 4 });
  served = await serve(network.url);
  browser = await openBrowser();
  page = await (await browser.context()).newPage();
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(served.url);
});
afterAll(async () => {
  await browser?.close();
  served?.close();
  await network?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function download(press: string): Promise<string> {
  const button = page.getByRole("button", { name: press, exact: true });
  const [file] = await Promise.all([page.waitForEvent("download", LONG), button.click()]);
  const path = join(directory, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

describe("the small app", () => {
  it("makes a key, takes a dropped folder, and shows it stored", async () => {
    const made = await network.cli("token", "create", "app", "--scope", "read,write,admin", "--json");
    expect(made.code, made.stderr).toBe(0);
    await page.getByText("This browser has no key yet", { exact: false }).waitFor();
    await page.getByLabel("Token of the gateway").fill(made.json<{ secret: string }>().secret);
    await page.getByLabel("Passphrase of your key").fill(PASSPHRASE);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("Ready.").waitFor(LONG);
    await dropFolder(page, folder);
    await page.getByText("notes is stored: every copy is proved.").waitFor(LONG);
    const [found] = await (await network.client()).packages();
    expect(found).toMatchObject({ state: "STORED", files: 2 });
    // The gateway knows no names.
    expect(JSON.stringify(found)).not.toContain("notes");
  });

  it("gives it back as a zip that was verified", async () => {
    const zip = readFileSync(await download("Download"));
    expect(zip.subarray(0, 2).toString()).toBe("PK");
    await page.getByText("every byte was verified", { exact: false }).waitFor();
    expect(zip.includes("notes/below/ü.txt")).toBe(true);
  });

  it("shares its account with the command line, which gets the folder back", async () => {
    const passphrase = join(directory, "passphrase");
    writeFileSync(passphrase, `${PASSPHRASE}\n`);
    const file = await download("Download the account file");
    const imported = await network.cli("key", "import", file, "--passphrase-file", passphrase);
    expect(imported.code, imported.stderr).toBe(0);
    const back = join(directory, "back");
    const got = await network.cli("get", "notes", back);
    expect(got.code, got.stderr).toBe(0);
    for (const [path, text] of Object.entries(FILES)) expect(readFileSync(join(back, path), "utf8")).toBe(text);
  });

  it("says what is wrong and what to do, and is no way round for other pages", async () => {
    await page.reload();
    await page.getByText("This browser has the key of web app").waitFor();
    await page.getByLabel("Token of the gateway").fill("wrong");
    await page.getByLabel("Passphrase of your key").fill(PASSPHRASE);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("token", { exact: false }).getByText("not known").waitFor();
    for (const headers of [{ origin: "http://evil.example" }, { host: "evil.example" }]) {
      const answer = await page.request.get(`${served.url}/api/v1/network`, { headers });
      expect(answer.status()).toBe(403);
    }
    expect(complaints).toEqual([]);
  });
});
