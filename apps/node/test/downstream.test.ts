import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bitcoinKey } from "@cairn/farmer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADDRESS, startDownstream, startFarmer, type TestNode } from "./support/downstream.ts";
import { runCli } from "./support/network.ts";

const OTHER = "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm";

describe("cairn downstream", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "cairn-downstream-cli-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("says what is wrong with what it is told, and leaves no database behind", async () => {
    const home = join(directory, "bad");
    const wrong: [string[], string, number][] = [
      [["downstream", "serve", "--interval", "0"], "above 0", 2],
      [["downstream", "serve", "--trusted-proxy", "everybody"], "trustedProxies", 2],
      [["downstream", "whitelist", "./none.csv"], "none.csv", 2],
      [["downstream", "maintain", "1KiB", "1B", "1MB", "2"], "min not above max", 2],
      [["farmer"], "no downstream node is running", 6],
      [["farmer", "http://127.0.0.1:9"], "no address to earn for", 2],
      [["farmer", "http://127.0.0.1:9", "--address", ADDRESS], "cannot be reached", 6],
      [["farmer", "http://127.0.0.1:9", "--key", "/dev/null"], "no Bitcoin private key", 2],
    ];
    await Promise.all(
      wrong.map(async ([args, text, code], i) => {
        const result = await runCli([...args, "--home", `${home}-${i}`]);
        expect(result.stderr, args.join(" ")).toContain(text);
        expect(result.code, args.join(" ")).toBe(code);
        await expect(stat(join(`${home}-${i}`, "postgres"))).rejects.toThrow();
      }),
    );
  });

  it("refuses settings that it does not know, and names those it does", async () => {
    const home = join(directory, "settings");
    await mkdir(join(home, "downstream"), { recursive: true });
    const path = join(home, "downstream", "settings.json");
    await writeFile(path, '{"intervall": 60}');
    const result = await runCli(["downstream", "serve", "--home", home, "--port", "0"]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("intervalSeconds, requireSignature");
  });

  it("binds registrations to itself when told to: a key signs its nonce, a signature from elsewhere is refused", async () => {
    const node = await startDownstream("--interval", "15", "--require-signature", "--require-nonce");
    try {
      const key = join(directory, "key");
      await writeFile(key, `${"0".repeat(63)}1\n`);
      const farmer = startFarmer(node.url, join(directory, "signed"), "--key", key, "--size", "5kB");
      await farmer.line(({ event, address }) => event === "ready" && address === ADDRESS, 30);
      await farmer.acceptedMore(1, 60);
      await farmer.end();
      const identities = join(directory, "identities.json");
      const signed = { message: "I farm", signature: bitcoinKey("0".repeat(63) + "1").sign("I farm") };
      await writeFile(identities, JSON.stringify({ [ADDRESS]: signed }));
      const refused = await node.cli(
        ...["farmer", node.url, "--identity", identities, "--path", join(directory, "foreign"), "--json"],
      );
      expect(refused.code).toBe(5);
      expect(refused.json()).toMatchObject({
        error: { code: "node-refused", message: expect.stringContaining("nonce") },
      });
    } finally {
      await node.remove();
    }
  });

  describe("with a node", () => {
    let node: TestNode;
    beforeAll(async () => {
      node = await startDownstream("--interval", "15", "--no-require-signature");
    });
    afterAll(() => node.remove());

    it("serves everybody at the root, the API in both dialects, page, health and figures", async () => {
      const get = async (path: string) => {
        const response = await fetch(`${node.url}${path}`, { redirect: "manual" });
        return { status: response.status, text: await response.text() };
      };
      expect(await get("/")).toMatchObject({ status: 200, text: expect.stringContaining("/downstream") });
      expect(await get("/health")).toMatchObject({ status: 200 });
      expect(await get("/downstream")).toMatchObject({ status: 200 });
      expect((await get("/metrics")).text).toContain("cairn_downstream_farmers 0");
      expect(await get("/api/downstream/v1/status/list/")).toEqual({ status: 200, text: '{"farmers":[]}' });
      const long = await get(`/api/downstream/new/${ADDRESS}`);
      expect(JSON.parse(long.text)).toMatchObject({ type: "Merkle", heartbeat: { key: "" } });
    });

    it("has its home to itself", async () => {
      for (const command of [["downstream", "serve"], ["up"]]) {
        const second = await node.cli(...command, "--port", "0", "--json");
        expect([second.code, second.json()]).toMatchObject([5, { error: { code: "home-in-use" } }]);
      }
      const backup = await node.cli("backup", join(directory, "too-early.tar.gz"));
      expect(backup.code).toBe(5);
    });

    it("keeps a pool of the sizes it is told, and goes on keeping it", async () => {
      const result = await node.cli("downstream", "maintain", "1KiB", "64KiB", "1MB", "2", "--json");
      expect(result.code, result.stderr).toBe(0);
      const { chunks, bytes } = result.json<{ chunks: number; bytes: number }>();
      expect(bytes).toBeGreaterThan(990_000);
      const { totals } = (await node.cli("downstream", "status", "--json")).json<{
        totals: { pool: { chunks: number } };
      }>();
      expect(totals.pool.chunks).toBeGreaterThanOrEqual(chunks);
      const settings = JSON.parse(await readFile(join(node.home, "downstream", "settings.json"), "utf8"));
      expect(settings).toEqual({ pool: { min: 1024, max: 65_536, total: 1_000_000, base: 2 } });
    });

    it("lets only listed addresses farm, and ends the others", async () => {
      const farmer = startFarmer(node.url, join(directory, "farmer"), "--address", ADDRESS, "--size", "10kB");
      await farmer.acceptedMore(1, 60);
      const file = join(directory, "list.csv");
      await writeFile(file, `address,crowdsale_balance\n${OTHER},20000\n`);
      const imported = await node.cli("downstream", "whitelist", file, "--json");
      expect(imported.json()).toEqual({
        addresses: 1,
        removedAddresses: 0,
        removedFarmers: 2,
        skipped: [],
        skippedRows: 0,
      });
      await farmer.line(({ event, reason }) => event === "waiting" && /whitelist/.test(String(reason)), 60);
      expect((await node.cli("downstream", "whitelist", ADDRESS)).code).toBe(0);
      await farmer.line(({ event, reason }) => event === "token" && reason === "lost", 60);
      await farmer.acceptedMore(1, 60);
      await farmer.end();
      await writeFile(file, "address,crowdsale_balance\nnobody,20000\n");
      const refused = await node.cli("downstream", "whitelist", file, "--json");
      expect([refused.code, refused.json()]).toMatchObject([2, { error: { code: "downstream-empty-whitelist" } }]);
    });

    it("ends, and comes back from a backup with its farmers", async () => {
      await node.end();
      const list = async (home: string) =>
        (await runCli(["downstream", "status", "--json", "--home", home])).json<{ farmers: { id: string }[] }>();
      const before = await list(node.home);
      expect(before.farmers).toHaveLength(1);
      const file = join(directory, "backup.tar.gz");
      const saved = await node.cli("backup", file);
      expect(saved.code, saved.stderr).toBe(0);
      const restored = join(directory, "restored");
      expect((await runCli(["restore", file, "--home", restored])).code).toBe(0);
      const secrets = join("downstream", "heartbeat.json");
      expect(await readFile(join(restored, secrets))).toEqual(await readFile(join(node.home, secrets)));
      expect((await stat(join(restored, secrets))).mode & 0o777).toBe(0o600);
      expect((await list(restored)).farmers.map(({ id }) => id)).toEqual(before.farmers.map(({ id }) => id));
    });
  });
});
