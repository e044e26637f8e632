import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { PATIENCE, type TestConsole } from "./console.ts";

export const PASSPHRASE = "pebbles under the bridge";

/** Have a page's browser hold the key that the command line stores with, as a person brings it there: by a file. It is open afterwards. */
export async function importKey(console: TestConsole, page: Page, directory: string): Promise<void> {
  const file = join(directory, "account.json");
  const words = join(directory, "passphrase");
  writeFileSync(words, `${PASSPHRASE}\n`);
  // Several browsers of a suite may be given it.
  if (!existsSync(file)) {
    const { code, stderr } = await console.network.cli("key", "export", file, "--passphrase-file", words);
    if (code !== 0) throw new Error(stderr);
  }
  await page.goto(`${console.url}/welcome`);
  await page.getByText("I have a key").click();
  await page.locator('input[type="file"]').setInputFiles(file);
  await page.getByLabel("Its passphrase").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Import the key" }).click();
  await page.getByText("Your key is in this browser", { exact: false }).waitFor(PATIENCE);
}
