import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAccount } from "../src/account/account.ts";
import { homeAt, homeToken } from "../src/home/home.ts";
import { startNetwork, type TestNetwork } from "./support/network.ts";
import type { Access, BrowserPut, put } from "./support/product-in-browser.ts";

const NAME = "aus dem Browser 🗻";
const CONTENTS: Record<string, Buffer> = {
  "größe/日本語.txt": Buffer.from("hello"),
  "deep/er/file": randomBytes(70_000),
  empty: Buffer.alloc(0),
  large: randomBytes(3_000_000),
};

let network: TestNetwork;
let browser: TestBrowser;
let bundle = "";
let access: Access;

beforeAll(async () => {
  network = await startNetwork({ providers: 4 });
  const { output } = await build({
    input: fileURLToPath(new URL("support/product-in-browser.ts", import.meta.url)),
    platform: "browser",
    output: { format: "esm", codeSplitting: false },
    write: false,
  });
  bundle = output[0].code;
  browser = await openBrowser();
  // The first put makes the account and funds it.
  const first = join(network.directory, "from Node");
  for (const [path, content] of Object.entries(CONTENTS)) {
    await mkdir(dirname(join(first, path)), { recursive: true });
    await writeFile(join(first, path), content);
  }
  const put = await network.cli("put", first, "--json");
  expect(put.code, put.stderr).toBe(0);
  const home = homeAt(network.home);
  const { secrets } = (await loadAccount(home))!;
  const { openpgp, wallet, lookupKey } = secrets;
  access = { token: await homeToken(home), key: openpgp, wallet, lookupKey };
});
afterAll(async () => {
  await browser?.close();
  await network?.stop();
});

/** In a page of the gateway's own origin: no other may call it. */
async function inBrowser<T>(name: string, argument: unknown): Promise<T> {
  const context = await browser.context();
  try {
    const page = await context.newPage();
    await page.route(/\/page-of-a-test/, (route) => {
      const isScript = route.request().url().endsWith(".js");
      const contentType = isScript ? "text/javascript" : "text/html";
      return route.fulfill({ contentType, body: isScript ? bundle : "<!doctype html><title>test</title>" });
    });
    await page.goto(`${network.url.replace(/\/$/, "")}/page-of-a-test`);
    const call = `import("/page-of-a-test.js").then((module) => module[${JSON.stringify(name)}](${JSON.stringify(argument)}))`;
    return await page.evaluate<T>(call);
  } finally {
    await context.close();
  }
}

const contents = Object.fromEntries(Object.entries(CONTENTS).map(([path, b]) => [path, b.toString("base64")]));

describe("a folder put in a browser", () => {
  it("is checked and signed for there, stored, and got by the command line, byte for byte", async () => {
    const asked: BrowserPut = { ...access, contents, name: NAME, pieceLimit: 2_000_000 };
    const { id, happened, pieces } = await inBrowser<Awaited<ReturnType<typeof put>>>("put", asked);
    expect(pieces).toBe(2);
    expect(happened).toEqual([
      ...["listed", "uploading begun", "uploading over", "uploaded", "committing begun", "committing over"],
      // No chain can be asked from a page, and that is said.
      ...["chain-away", "quoted", "agreed", "placing begun", "placing over", "confirmed", "placed"],
    ]);
    const back = join(network.directory, "from the browser");
    const got = await network.cli("get", NAME, back, "--json");
    expect(got.code, got.stderr).toBe(0);
    expect(got.json<{ id: string }>().id).toBe(id);
    for (const [path, content] of Object.entries(CONTENTS)) {
      expect((await readFile(join(back, path))).equals(content), path).toBe(true);
    }
  });

  it("and one that was put by the command line is got in a browser, whole, a folder and a range of it", async () => {
    const target = "from Node";
    expect(await inBrowser("get", { ...access, target })).toEqual(contents);
    expect(await inBrowser("get", { ...access, target: `${target}/deep` })).toEqual({
      "er/file": contents["deep/er/file"],
    });
    const ranged = await inBrowser<string>("range", {
      ...access,
      target: `${target}/large`,
      start: 1_000_001,
      end: 2_000_003,
    });
    expect(Buffer.from(ranged, "base64").equals(CONTENTS.large!.subarray(1_000_001, 2_000_003))).toBe(true);
  });
});
