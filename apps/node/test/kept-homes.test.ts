import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeAt } from "../src/home/home.ts";
import { freePort, type HomeSettings } from "../src/up/settings.ts";
import type { KeptHome } from "./support/keep-home.ts";
import { runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";
import { fingerprint } from "./support/trees.ts";

const HOMES = fileURLToPath(new URL("../../../testdata/homes/", import.meta.url));
const versions = (await readdir(HOMES)).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []));

describe.each(versions)("a home that %s left", (version) => {
  let directory: string;
  let network: TestNetwork;
  let kept: KeptHome;

  beforeAll(async () => {
    kept = JSON.parse(await readFile(join(HOMES, `${version}.json`), "utf8"));
    directory = await mkdtemp(join(tmpdir(), "cairn-kept-"));
    const home = join(directory, "home");
    const copy = join(directory, "home.tar");
    await writeFile(copy, zstdDecompressSync(await readFile(join(HOMES, `${version}.tar.zst`))));
    const restored = await runCli(["restore", copy, "--home", home]);
    expect(restored.code, restored.stderr).toBe(0);
    // Its ports were free on the machine that it comes from.
    const { settingsFile } = homeAt(home);
    const settings = JSON.parse(await readFile(settingsFile, "utf8")) as HomeSettings;
    const providerPorts = await Promise.all(settings.providerPorts.map(() => freePort()));
    await writeFile(settingsFile, JSON.stringify({ ...settings, chainPort: await freePort(), providerPorts }));
    network = await startNetwork({ home });
  });
  afterAll(async () => {
    await network?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("gives every package back as it was", async () => {
    for (const [name, print] of Object.entries(kept.packages)) {
      const back = join(directory, name);
      const got = await network.cli("get", name, back);
      expect(got.code, got.stderr).toBe(0);
      expect(await fingerprint(back), name).toBe(print);
    }
  });

  it("has its wallets, and its deals, which are proved again", async () => {
    const client = await network.client();
    expect((await client.wallets()).map(({ name }) => name).toSorted()).toEqual(kept.wallets);
    const { deals } = await client.dealsPage({ limit: 100 });
    expect(deals.map(({ deal }) => deal).toSorted()).toEqual(expect.arrayContaining(kept.deals));
    const before = new Map(deals.map(({ deal, lastProved }) => [deal, lastProved]));
    const proved = await until(
      async () => (await client.dealsPage({ limit: 100 })).deals,
      (now) =>
        now.filter(({ deal, lastProved }) => lastProved !== null && lastProved > (before.get(deal) ?? -1)).length >= 8,
      300,
      "each deal is proved again",
    );
    expect(proved.map(({ state }) => state)).toEqual(proved.map(() => "ACTIVE"));
  });

  it("takes more, and gives it back", async () => {
    const file = join(directory, "new");
    await writeFile(file, version);
    const stored = await network.cli("put", file, "--name", "new", "--yes");
    expect(stored.code, stored.stderr).toBe(0);
    const got = await network.cli("cat", "new");
    expect([got.stdout, got.stderr]).toEqual([version, ""]);
  });
});
