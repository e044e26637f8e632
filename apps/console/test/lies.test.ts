import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { CairnClient, PackageDetailJson, PackageJson, QuotePlanJson, WalletJson } from "@cairn/client";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { importKey, PASSPHRASE } from "./support/browser-key.ts";
import { openConsole, PATIENCE, type TestConsole } from "./support/console.ts";
import { getBack, isSame, makeFolder } from "./support/folders.ts";
import { type GoBetween, goBetween } from "./support/go-between.ts";
import { dropFolder } from "./support/photos.ts";

/** Until a package is stored, or what was killed is back, on a machine that has much else to do. */
const LONG = { timeout: 300_000 };
const STRANGER = `0x${"bad1".repeat(10)}`;
const COMMIT = /POST .*\/commit$/;

let console: TestConsole;
let between: GoBetween;
let client: CairnClient;
let page: Page;
/** By their names: as they were put by the command line. */
let packages: Map<string, PackageDetailJson>;
const directory = mkdtempSync(join(tmpdir(), "cairn-lies-"));

beforeAll(async () => {
  const folders = [
    makeFolder(join(directory, "before", "diary"), { "first day": 20_000 }),
    makeFolder(join(directory, "other"), { "secret plan": 300_000, large: 3_000_000, last: 100_000 }),
  ];
  console = await openConsole({}, async (gateway) => {
    between = await goBetween(gateway);
    return between.url;
  });
  client = await console.network.client();
  packages = new Map();
  for (const folder of folders) {
    const put = await console.network.cli("put", folder, "--json");
    expect(put.code, put.stderr).toBe(0);
    packages.set(basename(folder), await client.package(put.json<{ id: string }>().id));
  }
  page = await console.at("/files");
  await importKey(console, page, directory);
}, 660_000);
afterEach(() => {
  // A socket that breaks with its gateway is said by the browser, whatever the page does about it.
  expect(console?.complaints.splice(0).filter((one) => !one.startsWith("WebSocket connection to"))).toEqual([]);
});
afterAll(async () => {
  await console?.closePages();
  await between?.close();
  await console?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function bytesOf(parts: Promise<AsyncIterable<Uint8Array>>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of await parts) all.push(part);
  return Buffer.concat(all);
}
const button = (name: string) => page.getByRole("button", { name, exact: true });
const card = (name: string) => page.getByRole("region", { name, exact: true });
const row = (name: string) => page.locator("tbody tr", { has: page.getByText(name, { exact: true }) });
const says = (words: string) => page.getByText(words, { exact: false }).first();
const toFiles = () =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Files", exact: true }).click();
const unlock = async () => {
  await button("Unlock").click(PATIENCE);
  await page.getByLabel("Passphrase").fill(PASSPHRASE);
  await page.keyboard.press("Enter");
};
const go = async (name: string) => {
  await toFiles();
  await row(name).getByRole("link").click(LONG);
};
const saved = async (download: Download): Promise<string> => {
  const path = join(directory, `${Math.random()}`.slice(2));
  await download.saveAs(path);
  return path;
};

describe("a gateway that lies about what is stored", () => {
  it("shows nothing of one package as another: document, list of files, details and id are held against each other", async () => {
    const [diary, other] = [packages.get("diary")!, packages.get("other")!];
    const [document, manifest] = [await bytesOf(client.document(other.id)), await bytesOf(client.manifest(other.id))];
    const at = (what: string) => new RegExp(`GET .*/packages/${diary.id}${what}$`);
    const lies: [string, () => () => void][] = [
      ["The gateway says that documentHash is", () => between.alter(at("/document"), () => document)],
      ["The gateway says that manifest.sha256 is", () => between.alter(at("/manifest"), () => manifest)],
      [
        "The gateway says that id is",
        () => between.alterJson<PackageDetailJson>(at(""), (answer) => Object.assign(answer, other)),
      ],
      [
        "This account's key did not make this package's label",
        () => between.alterJson<PackageDetailJson>(at(""), (answer) => Object.assign(answer, other, { id: diary.id })),
      ],
    ];
    for (const [words, lie] of lies) {
      const end = lie();
      await go("diary");
      await says(words).waitFor(PATIENCE);
      expect(await page.getByText("secret plan").count()).toBe(0);
      end();
    }
    await go("diary");
    await row("first day").waitFor(PATIENCE);
  });

  it("is warned of where it names a wallet of its own to be filled", async () => {
    const end = between.alterJson<{ wallets: WalletJson[] } | WalletJson[]>(/GET \/api.*\/wallets$/, (answer) => {
      for (const wallet of Array.isArray(answer) ? answer : answer.wallets) wallet.address = STRANGER;
    });
    const wallets = await page.context().newPage();
    const warning = wallets.getByText("it cannot tell whether the address is yours", { exact: false });
    await wallets.goto(`${console.url}/wallets`);
    await wallets.getByRole("rowheader").getByRole("link").click(PATIENCE);
    await wallets.getByRole("img", { name: `QR code of ${STRANGER}` }).waitFor(PATIENCE);
    await warning.waitFor(PATIENCE);
    end();
    await wallets.goto(`${console.url}/wallets`);
    await wallets.getByRole("rowheader").getByRole("link").click(PATIENCE);
    await wallets.getByRole("img", { name: /^QR code of/ }).waitFor(PATIENCE);
    expect(await warning.count()).toBe(0);
    await wallets.close();
  });
});

describe("a gateway that lies about what is to be signed", () => {
  it("gets no signature: each lie is named, and the honest quote is signed as it was shown", async () => {
    await dropFolder(page, makeFolder(join(directory, "after", "diary"), { "second day": 50_000 }));
    const executor = between.alterJson<{ executor: string }>(/GET .*\/network$/, (answer) => {
      answer.executor = STRANGER;
    });
    await card("diary").getByRole("button", { name: "Encrypt and send" }).click();
    await says("The network is not the one that this account knows: executor was").waitFor(LONG);
    executor();
    const document = (await bytesOf(client.document(packages.get("other")!.id))).toString("base64");
    type Placement = QuotePlanJson["placements"][number] & { quote: { message: Record<string, string | number> } };
    const first = ({ placements }: QuotePlanJson) => placements[0] as Placement;
    const more = (wei: string | number) => (BigInt(wei) + 1n).toString();
    const lies: [string, (plan: QuotePlanJson) => void][] = [
      [
        "placements[0].pricePerPeriod",
        (plan) => {
          first(plan).pricePerPeriod = more(first(plan).pricePerPeriod);
        },
      ],
      [
        "placements[0].deal",
        (plan) => {
          const { message } = first(plan).quote;
          message.pricePerPeriod = more(message.pricePerPeriod!);
          first(plan).pricePerPeriod = message.pricePerPeriod;
        },
      ],
      [
        "placements[0].provider",
        (plan) => {
          first(plan).provider = STRANGER;
        },
      ],
      [
        "placements[0].quote.owner",
        (plan) => {
          first(plan).quote.message.owner = STRANGER;
        },
      ],
      [
        "placements[0].quote.periods",
        (plan) => {
          first(plan).quote.message.periods = 2 * Number(first(plan).quote.message.periods);
        },
      ],
      [
        "escrow",
        (plan) => {
          const before = BigInt(plan.escrow);
          plan.escrow = (before * 1000n).toString();
          plan.total = (BigInt(plan.total) + before * 999n).toString();
        },
      ],
      [
        "endsAt",
        (plan) => {
          plan.endsAt += 86_400;
        },
      ],
      [
        "documentHash",
        (plan) => {
          plan.document = document;
        },
      ],
    ];
    await button("Try again").click();
    await card("diary").getByRole("checkbox").check(LONG);
    for (const [at, [field, lie]] of lies.entries()) {
      const end = between.alterJson<QuotePlanJson>(/POST .*\/quote$/, lie);
      if (at === 0) await card("diary").getByRole("button", { name: "Encrypt and send" }).click();
      else await button("Try again").click();
      await says(`The gateway says that ${field} is`).waitFor(LONG);
      await says("Nothing was signed. Do not trust this gateway").waitFor(PATIENCE);
      expect(await button("Agree and store").count()).toBe(0);
      end();
    }
    expect(between.of(COMMIT)).toEqual([]);

    let shown: QuotePlanJson | undefined;
    const end = between.alterJson<QuotePlanJson>(/POST .*\/quote$/, (plan) => {
      shown = plan;
    });
    await button("Try again").click();
    await button("Agree and store").waitFor(LONG);
    // Who signed a quote, a page cannot know: it says so, and the contract takes a deal of a registered provider's signature alone.
    await says("Whether its signer is the registered provider was not checked").waitFor(PATIENCE);
    await button("Agree and store").click();
    end();
    await says("diary is stored: every copy is in place and proved.").waitFor(LONG);
    const [commit, ...others] = between.of(COMMIT);
    expect(others).toEqual([]);
    const { mandate } = JSON.parse(commit!.json) as { mandate: { message: Record<string, string> } };
    expect(mandate.message).toMatchObject({ maxEscrow: shown!.escrow, repairReserve: shown!.repairReserve });
    expect(BigInt(shown!.escrow) + BigInt(shown!.repairReserve)).toBe(BigInt(shown!.total));
    expect(isSame(await getBack(console.network, "diary"), join(directory, "after", "diary"))).toBe(true);
  });

  it("does not pass off what was replaced as what is stored", async () => {
    const { id, documentHash, root } = packages.get("diary")!;
    const past = { state: "STORED", label: packages.get("diary")!.label };
    expect((await client.package(id)).state).not.toBe("STORED");
    const listed = new Set([...packages.values()].map((one) => one.id));
    const now = (await client.packages()).find((one) => one.state === "STORED" && !listed.has(one.id))!;
    const list = between.alterJson<{ packages: PackageJson[] }>(/GET .*\/packages\?/, (answer) => {
      answer.packages = answer.packages.filter((one) => one.id !== now.id);
      for (const one of answer.packages) if (one.id === id) Object.assign(one, past);
    });
    const detail = between.alterJson<PackageDetailJson>(new RegExp(`GET .*/packages/${id}$`), (answer) => {
      Object.assign(answer, past, { documentHash, root });
    });
    await toFiles();
    await says("stored from this browser, but the gateway does not list it").waitFor(LONG);
    await says("ended from this browser, but the gateway lists it as stored").waitFor(PATIENCE);
    expect(await row("diary").getByRole("link").count()).toBe(0);
    // Nor by its address, in a page that has not read it before.
    await page.evaluate(`location.hash = "in=${id}"`);
    await page.reload();
    await unlock();
    await says("The gateway says that state is STORED, but it is ended by you").waitFor(PATIENCE);
    expect(await page.getByText("first day").count()).toBe(0);
    list();
    detail();
  });
});

describe("what comes back", () => {
  const BLOCKS = /POST .*\/blocks$/;
  const namesIn = (zip: string) => execFileSync("unzip", ["-Z1", zip]).toString().trim().split("\n").toSorted();
  /** One byte of whatever is longer than the small files. */
  const damage = () =>
    between.alter(BLOCKS, (answer) => {
      if (answer.length > 800_000) answer[answer.length >> 1]! ^= 1;
      return answer;
    });
  const matches = (zip: string, names: readonly string[]) => {
    for (const name of names) {
      const bytes = execFileSync("unzip", ["-p", zip, `other/${name}`], { maxBuffer: 1e8 });
      expect(bytes.equals(readFileSync(join(directory, "other", name))), name).toBe(true);
    }
  };

  it("with a byte that is not as it was is named and left out, of a zip and of a folder; a file alone does not come", async () => {
    await go("other");
    await row("large").waitFor(LONG);
    const end = damage();
    const coming = page.waitForEvent("download", LONG);
    await button("Download all").click();
    await says("other.zip came in part: 1 file could not be brought back. The others are whole.").waitFor(LONG);
    await says("other/large: damaged").waitFor(PATIENCE);
    const zip = await saved(await coming);
    expect(namesIn(zip)).toEqual(["other/", "other/last", "other/secret plan"]);
    matches(zip, ["last", "secret plan"]);

    await page.evaluate(
      `window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true })`,
    );
    await button("Into a folder…").click();
    await says("other came in part: 1 file could not be brought back. The others are whole.").waitFor(LONG);
    const there = await page.evaluate<string[]>(`(async () => {
      const chosen = await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen");
      const names = [];
      for await (const name of (await chosen.getDirectoryHandle("other")).keys()) names.push(name);
      return names.sort();
    })()`);
    expect(there).toEqual(["last", "secret plan"]);

    await row("large").locator("input").check();
    await button("Download").click();
    await says("large did not come.").waitFor(LONG);
    end();
  });

  it("stops with the gateway that is killed, and goes on by itself when it is back: every byte as it was", async () => {
    await row("large").locator("input").uncheck();
    const held = between.hold("answer", BLOCKS, 200_000);
    const coming = page.waitForEvent("download", LONG);
    await button("Download all").click();
    await held.reached;
    await console.network.kill("gateway");
    held.go();
    await says("Getting other.zip: the gateway does not answer, this waits for it").waitFor(LONG);
    const zip = await saved(await coming);
    await says("other.zip is in your downloads: 3 files, 3.40 MB, every byte checked.").waitFor(LONG);
    expect(namesIn(zip)).toEqual(["other/", "other/large", "other/last", "other/secret plan"]);
    matches(zip, ["large", "last", "secret plan"]);
  });

  it("of what more providers have damaged than there are to spare is said to be damaged, and nothing of it is passed off as whole", async () => {
    const now = (await client.packages()).find(
      ({ id, state }) => state === "STORED" && id !== packages.get("other")!.id,
    )!;
    const { slots } = await client.package(now.id);
    for (const { deal } of slots) {
      const { shard } = await console.network.holderOf(deal!);
      const bytes = readFileSync(shard);
      for (let at = 0; at < bytes.length; at += 32) bytes[at]! ^= 1;
      writeFileSync(shard, bytes);
    }
    await page.evaluate(`location.hash = "in=${now.id}"`);
    await row("second day").locator("input").check(LONG);
    await button("Download").click();
    await says("second day did not come.").waitFor(LONG);
    expect(await page.getByText("second day is in your downloads").count()).toBe(0);
  });
});
