import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NetworkJson, OpenPackageJson, PackageDetailJson } from "@cairn/client";
import { checkOffer } from "@cairn/owner/check-offer";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { encryptLabel, nameHash } from "@cairn/owner/labels";
import { readCapability } from "@cairn/owner/read-capability";
import { machineClock } from "@cairn/process/machine-clock";
import { openBrowser, type TestBrowser } from "@cairn/process/testing/open-browser";
import { signedToJson } from "@cairn/protocol";
import { signTyped } from "@cairn/protocol/sign-typed";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Account, loadAccount } from "../src/account/account.ts";
import { homeAt, homeToken } from "../src/home/home.ts";
import { startNetwork, type TestNetwork, until } from "./support/network.ts";
import type { BrowserPlan, BrowserPut } from "./support/product-in-browser.ts";

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
let token = "";
let account: Account;
let terms: NetworkJson;

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
  token = await homeToken(home);
  account = (await loadAccount(home))!;
  terms = await (await network.client()).network();
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

describe("a folder put in a browser", () => {
  it("is quoted as the owner's own check has it, stored, and got by the command line, byte for byte", async () => {
    const client = await network.client();
    const id = randomBytes(16).toString("hex");
    const { k, n, days } = { k: 2, n: 4, days: 1 };
    const mask = "aes-256-ctr-v1";
    const opening: OpenPackageJson = {
      ...{ id, k, n, mask, days, layout: "private", expectedBytes: 3_100_000 },
      nameHash: nameHash(account, NAME),
      label: encryptLabel(account, id, { name: NAME, files: 4, bytes: 3_070_005 }),
      repairKey: randomBytes(32).toString("base64"),
    };
    const key = account.secrets.openpgp;
    const contents = Object.fromEntries(Object.entries(CONTENTS).map(([path, b]) => [path, b.toString("base64")]));
    const asked: BrowserPut = {
      ...{ token, key, opening, contents, name: NAME, created: Math.floor(Date.now() / 1000), pieceLimit: 2_000_000 },
    };
    const { root, pieces, manifest, plan } = await inBrowser<BrowserPlan>("put", asked);
    expect(pieces).toHaveLength(2);
    const kept = Buffer.from(manifest, "base64");
    const offer = checkOffer({
      plan,
      uploaded: {
        ...{ id, owner: account.wallet.address, root, pieces, k, n, mask, days, placement: {} },
        manifest: { sha256: `0x${createHash("sha256").update(kept).digest("hex")}`, size: kept.length },
      },
      terms: {
        executor: terms.executor.toLowerCase() as `0x${string}`,
        verifierSet: terms.verifierSet as `0x${string}`,
        deployment: deploymentOf(terms),
      },
      now: Math.floor(Date.now() / 1000),
    });
    const sign = <T extends "Mandate" | "ReadCapability">(type: T, message: never) =>
      signedToJson({ message, signature: signTyped(type, message, deploymentOf(terms), account.wallet.key) });
    await client.commitPackage(id, {
      mandate: sign("Mandate", offer.mandate as never),
      readCapability: sign("ReadCapability", offer.readCapability as never),
    });
    await until(
      () => client.package(id),
      ({ state }) => state === "STORED",
      300,
      "storing",
    );
    const back = join(network.directory, "from the browser");
    const got = await network.cli("get", NAME, back);
    expect(got.code, got.stderr).toBe(0);
    for (const [path, content] of Object.entries(CONTENTS)) {
      expect((await readFile(join(back, path))).equals(content), path).toBe(true);
    }
  });

  it("and one that was put by the command line is read in a browser", async () => {
    const { id, documentHash } = (await network.cli("show", "from Node", "--json")).json<PackageDetailJson>();
    const capability = await readCapability(
      { owner: account, network: async () => terms, clock: machineClock },
      documentHash as `0x${string}`,
    );
    for (const [path, content] of Object.entries(CONTENTS)) {
      const asked = { token, key: account.secrets.openpgp, id, path, capability };
      expect(Buffer.from(await inBrowser<string>("get", asked), "base64").equals(content), path).toBe(true);
    }
  });
});
