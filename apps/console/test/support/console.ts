import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { type NetworkOptions, startNetwork, type TestNetwork } from "../../../node/test/support/network.ts";

/** Every page that has a path of its own: axe, the dark theme and phone width look at each. A page that needs an id is looked at by its own suite. */
export const WALK = [
  ["/", "Overview"],
  ["/files", "Files"],
  ["/packages", "Packages"],
  ["/deals", "Deals"],
  ["/wallets", "Wallets"],
  ["/wallets/statement", "Statement"],
  ["/network", "Network"],
  ["/network/blocks", "Blocks"],
  ["/network/contracts", "Contracts"],
  ["/activity", "Activity"],
  ["/activity/notices", "Notices"],
  ["/settings", "Settings"],
  ["/settings/notices", "Notices"],
  ["/settings/checks", "Checks"],
  ["/settings/display", "Display"],
  ["/settings/keys", "Keys"],
  ["/settings/account", "Account"],
  ["/doors", "Doors"],
] as const;

/** Pages that are not in the menu: looked at as those are. */
export const BESIDE = [
  ["/upload", "Upload"],
  ["/welcome", "Store your first folder"],
] as const;

export const PHONE = { width: 360, height: 740 };
/** Until what comes from the network shows; a slow machine is normal. */
export const PATIENCE = { timeout: 60_000 };

export interface TestConsole {
  network: TestNetwork;
  browser: TestBrowser;
  /** Without a slash at its end. */
  url: string;
  /** What no page may do: errors of scripts, messages of the console (the content security policy's, too), requests to elsewhere. */
  complaints: string[];
  /** A link that opens the console signed in, as `cairn open` prints it. */
  link(): Promise<string>;
  /** A page of a browser that knows nobody. */
  stranger(options?: BrowserContextOptions): Promise<Page>;
  /** A page of a browser that is signed in as the home's user, at `path`, with its heading shown. */
  at(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Close every page that was opened; call it after each test. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

/** One network with short periods and one browser: for a whole suite. @param through where its pages are loaded, when it is not the gateway itself */
export async function openConsole(
  options: NetworkOptions = {},
  through: (gateway: string) => Promise<string> = async (gateway) => gateway,
): Promise<TestConsole> {
  const network = await startNetwork({ profile: "demo", providers: 4, ...options });
  const browser = await openBrowser().catch(async (error) => {
    await network.stop();
    throw error;
  });
  const url = (await through(network.url)).replace(/\/+$/, "");
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  let session: BrowserContextOptions["storageState"] | undefined;

  async function stranger(context: BrowserContextOptions = {}): Promise<Page> {
    const opened = await browser.context({ viewport: { width: 1280, height: 860 }, ...context });
    contexts.push(opened);
    const page = await opened.newPage();
    listen(page, url, complaints);
    return page;
  }
  async function link(): Promise<string> {
    const { code, stdout, stderr } = await network.cli("open", "--no-browser", "--json");
    if (code !== 0) throw new Error(stderr);
    const { pathname, search, hash } = new URL((JSON.parse(stdout) as { link: string }).link);
    return `${url}${pathname}${search}${hash}`;
  }
  async function signedIn() {
    const page = await stranger();
    await page.goto(await link());
    await page.getByRole("navigation", { name: "Pages" }).waitFor(PATIENCE);
    return page.context().storageState();
  }
  return {
    network,
    browser,
    url,
    complaints,
    link,
    stranger,
    async at(path, context = {}) {
      session ??= await signedIn();
      const page = await stranger({ storageState: session, ...context });
      await page.goto(`${url}${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor(PATIENCE);
      return page;
    },
    async closePages() {
      for (const context of contexts.splice(0)) await context.close();
    },
    async close() {
      await browser.close();
      await network.stop();
    },
  };
}

function listen(page: Page, url: string, complaints: string[]): void {
  page.on("console", (message) => {
    // A refused request is the page's to show; what the browser logs of it is no fault.
    if (/^Failed to load resource/.test(message.text())) return;
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "blob:" && protocol !== "data:" && origin !== url) complaints.push(`request to ${request.url()}`);
  });
}

let axe: string | undefined;

/** What axe finds serious or critical on a page, in words; wait first until the page shows what is to be looked at. */
export async function seriousFaults(page: Page): Promise<string[]> {
  axe ??= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe);
  const found = await page.evaluate<{ id: string; impact: string; help: string; nodes: { html: string }[] }[]>(
    "axe.run(document).then(({ violations }) => violations)",
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ html }) => html)
          .join(" ")
          .slice(0, 500)}`,
    );
}

/** Pixels by which a page is wider than its window: 0 where nobody must scroll sideways. */
export const tooWide = (page: Page): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth").then((over) => Math.max(0, over));

/** Nothing is being loaded any more: what `Waiting` stands for has come. */
export const settled = (page: Page): Promise<void> =>
  page
    .locator(".waiting")
    .first()
    .waitFor({ state: "detached", ...PATIENCE });
