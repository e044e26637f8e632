import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@cairn/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeAt } from "../src/home/home.ts";
import { runCli, startNetwork, type TestNetwork } from "./support/network.ts";

const CANARY = "canary-9f3b7c51e2";

let network: TestNetwork;
let tree: string;
let exported: string;

beforeAll(async () => {
  network = await startNetwork();
  tree = join(network.directory, "birds");
  await mkdir(join(tree, `${CANARY}-folder`), { recursive: true });
  await writeFile(join(tree, `${CANARY}-folder`, `${CANARY}.txt`), `${CANARY}\n`.repeat(2000));
  await writeFile(join(tree, "plain.txt"), `a ${CANARY} sings`);
  const put = await network.cli("put", tree, "--name", `${CANARY}-name`, "--json");
  expect(put.code, put.stdout + put.stderr).toBe(0);
  exported = join(network.directory, "account.json");
  expect((await network.cli("key", "export", exported)).code).toBe(0);
});
afterAll(() => network?.stop());

/** Files below a directory that hold the text in one of the encodings in which a text can be found again. */
async function holding(directory: string, text: string, leaveOut: string[] = []): Promise<string[]> {
  const needles = [Buffer.from(text), Buffer.from(text, "utf16le"), Buffer.from(Buffer.from(text).toString("hex"))];
  const found: string[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (leaveOut.includes(path)) continue;
      if (entry.name.includes(text)) found.push(path);
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) {
        const bytes = await readFile(path);
        if (needles.some((needle) => bytes.includes(needle))) found.push(path);
      }
    }
  };
  await visit(directory);
  return found;
}

describe("names and contents", () => {
  it("are in no provider's directory, no database file, no gateway file and no log", async () => {
    // Checkpointed data files, the write-ahead log, spools, blobs, chain rows, logs: all of it is below the home.
    expect(await holding(network.home, CANARY)).toEqual([]);
  });

  it("are in no row of the gateway's or the chain's database", async () => {
    const gateway = JSON.parse(await readFile(join(network.home, "gateway", "config.json"), "utf8")).database;
    const chain = JSON.parse(await readFile(join(network.home, "chain", "config.json"), "utf8")).database;
    let rows = 0;
    for (const database of [gateway, chain]) {
      const { pool, close } = await openDatabase(database);
      const tables = await pool.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
         where table_schema not in ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of tables.rows) {
        const found = await pool.query<{ text: string }>(`select t::text as text from ${name} t`);
        rows += found.rows.length;
        for (const needle of [CANARY, Buffer.from(CANARY).toString("hex"), Buffer.from(CANARY).toString("base64")]) {
          expect(
            found.rows.filter((row) => row.text.includes(needle)),
            name,
          ).toEqual([]);
        }
      }
      await close();
    }
    expect(rows).toBeGreaterThan(100);
  });

  it("are found by the same search where they do stand", async () => {
    expect((await holding(tree, CANARY)).length).toBeGreaterThan(2);
  });
});

describe("an empty machine", () => {
  it("restores everything from exported keys, the chain and any two of the four providers", async () => {
    const client = await network.client();
    const [found] = await client.packages();
    const detail = await client.package(found?.id ?? "");
    for (const slot of [detail.slots[1], detail.slots[2]]) {
      await network.kill((await network.holderOf(slot?.deal ?? "")).name);
    }
    const run = await network.run();
    const directory = await mkdtemp(join(tmpdir(), "cairn-empty-"));
    const home = join(directory, "home");
    const imported = await runCli(["key", "import", exported, "--home", home]);
    expect(imported.code, imported.stderr).toBe(0);
    const other = await startNetwork({ home, providers: 0, env: { CAIRN_CHAIN_URL: run.chainUrl } });
    try {
      const recovered = await other.cli("recover", "--json");
      expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
      expect(recovered.json<{ recovered: { name: string }[] }>().recovered).toMatchObject([{ name: `${CANARY}-name` }]);
      const back = join(directory, "back");
      const got = await other.cli("get", `${CANARY}-name`, back);
      expect(got.code, got.stderr).toBe(0);
      expect(execFileSync("diff", ["-r", tree, back]).toString()).toBe("");
    } finally {
      await other.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe("gpg", () => {
  it("opens any single exported file message with the exported OpenPGP key", async () => {
    const secret = join(network.directory, "secret.asc");
    expect((await network.cli("key", "export", secret, "--openpgp")).code).toBe(0);
    const message = join(network.directory, "plain.txt.gpg");
    const got = await network.cli("get", `${CANARY}-name/plain.txt`, message, "--encrypted");
    expect(got.code, got.stderr).toBe(0);
    const keyring = await mkdtemp(join(tmpdir(), "gpg-"));
    const gpg = (...args: string[]) =>
      execFileSync("gpg", ["--homedir", keyring, "--batch", "--quiet", "--no-tty", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      });
    try {
      gpg("--import", secret);
      expect(gpg("--decrypt", message).toString()).toBe(`a ${CANARY} sings`);
    } finally {
      execFileSync("gpgconf", ["--homedir", keyring, "--kill", "all"]);
      await rm(keyring, { recursive: true, force: true });
    }
  });
});

describe("a stranger's account", () => {
  it("neither reads labels nor opens manifests", async () => {
    const stranger = join(network.directory, "stranger");
    expect((await runCli(["key", "create", "--home", stranger])).code).toBe(0);
    const account = homeAt(stranger).account;
    const own = homeAt(network.home).account;
    const keep = await readFile(join(own, "account.json"));
    try {
      await writeFile(join(own, "account.json"), await readFile(join(account, "account.json")));
      const listed = await network.cli("ls", "--json");
      expect(listed.json<{ name: string }[]>()[0]?.name).toBe("(another account's)");
      const [found] = await (await network.client()).packages();
      const got = await network.cli("get", found?.id ?? "", join(network.directory, "stolen"), "--json");
      expect(got.code).not.toBe(0);
      expect(got.json<{ error: { code: string } }>().error.code).toMatch(/wrong-key|bad-signature|not-the-owner/);
    } finally {
      await writeFile(join(own, "account.json"), keep);
    }
  });
});
