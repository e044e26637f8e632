import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openConsole, type TestConsole } from "./support/console.ts";

/** Until a package is stored, or a gateway is back, on a machine that has much else to do. */
const LONG = { timeout: 240_000 };

let console: TestConsole;
beforeAll(async () => {
  console = await openConsole();
});
afterEach(() => console?.closePages());
afterAll(() => console?.close());

describe("what a page shows", () => {
  it("changes as things happen, without being loaded again", async () => {
    const page = await console.at("/");
    await page.getByText("Nothing is stored yet.", { exact: true }).waitFor(LONG);
    await page.evaluate("window.loadedOnce = true");
    const folder = join(console.network.directory, "folder");
    await mkdir(folder);
    await writeFile(join(folder, "a.txt"), "hello");
    const { code, stderr } = await console.network.cli("put", folder, "--json");
    expect(code, stderr).toBe(0);
    await page.getByText(/^1 package, all at full strength; paid until .+\.$/).waitFor(LONG);
    expect(await page.evaluate("window.loadedOnce")).toBe(true);
    expect(console.complaints).toEqual([]);
  });

  it("says that the gateway is away, keeps what it shows, and goes on by itself when it is back", async () => {
    const page = await console.at("/network");
    await page.locator('.lamp[data-state="live"]').waitFor(LONG);
    await console.network.kill("gateway");
    const banner = page.getByText("The gateway does not answer.", { exact: false });
    await banner.waitFor(LONG);
    expect(await page.getByRole("table", { name: "Providers" }).locator("tbody tr").count()).toBe(4);
    await banner.waitFor({ state: "detached", ...LONG });
    await page.locator('.lamp[data-state="live"]').waitFor(LONG);
  });
});
