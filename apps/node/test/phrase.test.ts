import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, startNetwork, type TestNetwork } from "./support/network.ts";

const CANARY = "canary-51d0e7a9c4";

interface Status {
  id: string;
  copies: number;
  sequence: number;
  writtenAt: number | null;
  changed: string[];
}

let network: TestNetwork;
let tree: string;
let phrase: string;
let deals: string;

beforeAll(async () => {
  network = await startNetwork();
  tree = join(network.directory, "birds");
  await mkdir(tree);
  await writeFile(join(tree, "wren.txt"), "a wren sings");
  const put = await network.cli("put", tree, "--name", "as it was put", "--json");
  expect(put.code, put.stdout + put.stderr).toBe(0);
  const vault = await network.cli("wallet", "add", "savings", "--kind", "vault");
  expect(vault.code, vault.stderr).toBe(0);
  const made = await network.cli("phrase", "create", "--days", "1", "--json");
  expect(made.code, made.stdout + made.stderr).toBe(0);
  const result = made.json<{ phrase: string; network: { deals: string } }>();
  phrase = result.phrase;
  deals = result.network.deals;
});
afterAll(() => network?.stop());

const status = async () => (await network.cli("phrase", "status", "--json")).json<Status>();

/** Files below a directory in which a text stands. */
async function holding(directory: string, text: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // A database and its logs go on changing.
  const found = await Promise.all(
    files.map(async (path) => (await readFile(path).catch(() => text.slice(1))).includes(text)),
  );
  return files.filter((_, at) => found[at]);
}

describe("a recovery phrase", () => {
  it("is kept nowhere, and holds against what is stored", async () => {
    expect(phrase.split(" ")).toHaveLength(24);
    expect(await holding(network.home, phrase)).toEqual([]);
    const verified = await runCli(["phrase", "verify", "--home", network.home, "--json"], {}, `${phrase}\n`);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    expect(verified.json()).toMatchObject({ opens: true, sequence: (await status()).sequence });
    const again = await network.cli("phrase", "create", "--json");
    expect(again.json<{ error: { code: string } }>().error.code).toBe("phrase-exists");
  });

  it("takes up what changed: the newer bundle counts, and the older one ends", async () => {
    const before = await status();
    expect(before).toMatchObject({ copies: 3, changed: [], writtenAt: expect.any(Number) });
    expect((await network.cli("mv", "as it was put", CANARY)).code).toBe(0);
    expect((await network.cli("settings", "--copies", "2")).code).toBe(0);
    expect((await status()).changed).toEqual(["settings", "names"]);
    const updated = await network.cli("phrase", "update", "--days", "1", "--json");
    expect(updated.code, updated.stdout + updated.stderr).toBe(0);
    expect(updated.json()).toMatchObject({ ended: [] });
    const after = await status();
    expect(after).toMatchObject({ sequence: updated.json<Status>().sequence, changed: [] });
    expect(after.sequence).toBeGreaterThan(before.sequence);
    const old = await (await network.client()).package(before.id);
    expect(["ENDING", "EXPIRED", "REMOVED"]).toContain(old.state);
    expect(await holding(network.home, CANARY)).toEqual([]);
  });
});

describe("an empty machine", () => {
  it("has everything back from 24 words, the chain, and one provider of the bundle", async () => {
    const { id, sequence } = await status();
    const [, ...others] = (await (await network.client()).package(id)).slots;
    // Only providers that the other package can do without: any k of its shards rebuild it.
    const kept = new Set<string>();
    const [own] = (await (await network.client()).packages()).filter((one) => one.id !== id && one.state === "STORED");
    const needed = (await (await network.client()).package(own?.id ?? "")).slots.slice(0, own?.k);
    for (const slot of needed) kept.add((await network.holderOf(slot.deal ?? "")).name);
    for (const slot of others) {
      const { name } = await network.holderOf(slot.deal ?? "");
      if (!kept.has(name)) await network.kill(name);
    }
    const directory = await mkdtemp(join(tmpdir(), "cairn-phrase-"));
    const { chainUrl } = await network.run();
    const other = await startNetwork({
      ...{ home: join(directory, "home"), providers: 0, deals, env: { CAIRN_CHAIN_URL: chainUrl } },
    });
    const recover = (words: string) => runCli(["recover", "--phrase", "--json", "--home", other.home], {}, words);
    try {
      const words = phrase.split(" ");
      words[3] = "wrenn";
      const refused = await recover(words.join(" "));
      expect(refused.json<{ error: object }>().error).toMatchObject({ code: "bad-phrase", details: { word: 4 } });

      const recovered = await recover(phrase.split(" ").join("\n"));
      expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
      expect(recovered.json()).toMatchObject({
        ...{ sequence, settings: "restored", failed: [], recovered: [{ name: CANARY }] },
        wallets: [{ kind: "client" }, { name: "savings", kind: "vault" }],
      });
      const keys = async (at: TestNetwork) =>
        (await at.cli("key", "list", "--json")).json<{ owner: string; fingerprint: string }[]>()[0];
      expect(await keys(other)).toEqual(await keys(network));
      const wallets = await (await other.client()).wallets();
      expect(wallets[0]).toMatchObject({ address: (await keys(network))?.owner, isDefault: true });
      const unlocked = await other.cli("wallet", "unlock", "savings");
      expect(unlocked.code, unlocked.stderr).toBe(0);
      expect(await (await other.client()).settings()).toMatchObject({ n: 2 });
      const back = join(directory, "back");
      const got = await other.cli("get", CANARY, back);
      expect(got.code, got.stderr).toBe(0);
      expect(execFileSync("diff", ["-r", tree, back]).toString()).toBe("");
      // The phrase goes on from there.
      expect((await other.cli("phrase", "status", "--json")).json<Status>()).toMatchObject({
        sequence,
        changed: [],
      });
      expect(await holding(other.home, phrase)).toEqual([]);
    } finally {
      await other.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
