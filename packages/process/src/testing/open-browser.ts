import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";

/** Debian's, and what other systems call theirs. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function executable(): string {
  const found = (process.env.PATH ?? "")
    .split(":")
    .flatMap((directory) => NAMES.map((name) => join(directory, name)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error("no browser found: install chromium (Debian: apt-get install chromium)");
  return found;
}

/** A page may take its time on a machine that does much else. */
const NAVIGATION_MILLISECONDS = 180_000;

export interface TestBrowser {
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

/** A browser with nothing remembered and nobody to call. */
export async function openBrowser(): Promise<TestBrowser> {
  const home = mkdtempSync(join(tmpdir(), "cairn-browser-"));
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", `--crash-dumps-dir=${home}`],
    // Without a locale, Chromium cannot read names of files that are not ASCII.
    env: { ...process.env, LC_ALL: "C.UTF-8", HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
  return {
    async context(options) {
      const context = await browser.newContext(options);
      context.setDefaultNavigationTimeout(NAVIGATION_MILLISECONDS);
      return context;
    },
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
