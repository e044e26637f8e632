// node bin/run.mjs pictures: every page of the console with data of a real network in it, light, dark and as wide as a phone, in docs/pictures.
import { Buffer } from "node:buffer";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import { until } from "../../../node/test/support/network.ts";
import { importKey } from "./browser-key.ts";
import { BESIDE, openConsole, PATIENCE, PHONE, settled, type TestConsole, WALK } from "./console.ts";
import { makePhotos } from "./photos.ts";

const PICTURES = fileURLToPath(new URL("../../../../docs/pictures/", import.meta.url));
const DESKTOP = { width: 1280, height: 860 };
const LOOKS: [name: string, options: BrowserContextOptions][] = [
  ["light", { viewport: DESKTOP, colorScheme: "light" }],
  ["dark", { viewport: DESKTOP, colorScheme: "dark" }],
  ["phone", { viewport: PHONE, colorScheme: "light" }],
];
const TABS = ["safety", "files", "copies", "deals", "proofs", "checks", "money", "certificate", "asks"];
/** Until the next page has taken the place of the one before. */
const DRAWN_MILLISECONDS = 1500;
/** Of proofs, so that their pages show more than a beginning. */
const PERIODS_MILLISECONDS = 60_000;

/** What stands on the pictures: photos, papers, and a package that is public. */
async function store(console: TestConsole, directory: string): Promise<void> {
  const page = await console.stranger();
  await page.goto(`${console.url}/sign-up`);
  const photos = join(directory, "Summer 2026");
  await makePhotos(page, photos, 24, 640);
  const papers = join(directory, "Minutes of the society");
  await mkdir(join(papers, "1974"), { recursive: true });
  for (const month of ["January", "April", "July", "October"]) {
    await writeFile(join(papers, "1974", `${month}.txt`), `Minutes of ${month} 1974\n\n`.repeat(400));
  }
  await writeFile(join(papers, "index.csv"), "month,pages\nJanuary,4\nApril,6\nJuly,3\nOctober,5\n");
  const leaflet = join(directory, "Open day");
  await mkdir(leaflet, { recursive: true });
  await writeFile(join(leaflet, "leaflet.html"), "<h1>Open day</h1><p>Saturday at ten.</p>\n");
  for (const [path, ...flags] of [[photos], [papers, "--copies", "3"], [leaflet, "--public"]] as [
    string,
    ...string[],
  ][]) {
    const { code, stderr } = await console.network.cli("put", path, "--yes", ...flags);
    if (code !== 0) throw new Error(stderr);
  }
  await console.closePages();
}

async function take(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  await session.detach();
  await writeFile(join(PICTURES, file), Buffer.from(data, "base64"));
}

/** As a link within the console goes: the key stays open. */
async function goTo(page: Page, path: string, heading: string | undefined): Promise<void> {
  await page.evaluate(
    `history.pushState({}, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate"))`,
  );
  await page.waitForTimeout(DRAWN_MILLISECONDS);
  const title = page.getByRole("heading", {
    level: 1,
    ...(heading === undefined ? {} : { name: heading, exact: true }),
  });
  await title.waitFor(PATIENCE);
}

async function takeAll(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-pictures-"));
  const console = await openConsole({ providers: 6 });
  try {
    await rm(PICTURES, { recursive: true, force: true });
    await mkdir(PICTURES, { recursive: true });
    await store(console, directory);
    const client = await console.network.client();
    await until(
      async () => (await client.dealsPage({ limit: 100 })).deals,
      (deals) => deals.length > 0 && deals.every(({ lastProved }) => lastProved !== null),
      300,
      "each deal is proved",
    );
    await new Promise((resolve) => setTimeout(resolve, PERIODS_MILLISECONDS));
    const [shown] = await client.packages();
    const pages: [path: string, name: string, heading?: string][] = [
      ...[...WALK, ...BESIDE].map(([path, heading]): [string, string, string] => [
        path,
        path === "/" ? "overview" : path.slice(1).replaceAll("/", "-"),
        heading,
      ]),
      ...TABS.map((tab) => `?tab=${tab}`).map((tab): [string, string] => [
        `/packages/${shown!.id}${tab}`,
        `package${tab.replace("?tab=", "-")}`,
      ]),
    ];
    for (const [look, options] of LOOKS) {
      const page = await console.at("/", options);
      await importKey(console, page, await mkdtemp(join(directory, look)));
      for (const [path, name, heading] of pages) {
        await goTo(page, path, heading);
        await settled(page);
        await take(page, `${name}-${look}.webp`);
      }
      await console.closePages();
    }
  } finally {
    await console.closePages();
    await console.close();
    await rm(directory, { recursive: true, force: true });
  }
}

await takeAll();
