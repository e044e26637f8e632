// node bin/run.mjs keep-home: a small home of this version with something of each kind in it, for later versions to open (testdata/homes).
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, zstdCompressSync } from "node:zlib";
import type { DealJson } from "@cairn/client";
import { type CommandResult, runCli, startNetwork, until } from "./network.ts";
import { fingerprint } from "./trees.ts";

/** What a test asks of a kept home, as it stood when it was kept. */
export interface KeptHome {
  version: string;
  /** Of the tree behind each package. */
  packages: Record<string, string>;
  wallets: string[];
  /** Deals that had been proved. */
  deals: string[];
}

const HOMES = fileURLToPath(new URL("../../../../testdata/homes/", import.meta.url));
/** The longest term there is: the deals run for as long as the home is opened. */
const YEARS = ["--for", "3650", "--yes"];

const done = async (running: Promise<CommandResult>): Promise<CommandResult> => {
  const result = await running;
  if (result.code !== 0) throw new Error(result.stderr);
  return result;
};

/** Small, as the home stays in the repository. */
async function makeTree(path: string): Promise<void> {
  await mkdir(join(path, "empty folder"), { recursive: true });
  await mkdir(join(path, "日本語"), { recursive: true });
  await writeFile(join(path, "empty"), "");
  await writeFile(join(path, "日本語", "bytes"), randomBytes(40_000));
  await writeFile(join(path, "letter.txt"), "Kept since.\n");
  await symlink("letter.txt", join(path, "link"));
}

async function keepHome(version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-keep-"));
  try {
    const home = join(directory, "home");
    const network = await startNetwork({ home, providers: 4 });
    const kept: KeptHome = { version, packages: {}, wallets: [], deals: [] };
    try {
      for (const [name, ...flags] of [["letters"], ["leaflets", "--public"]] as const) {
        const tree = join(directory, name);
        await makeTree(tree);
        await done(network.cli("put", tree, "--name", name, ...flags, ...YEARS));
        kept.packages[name] = await fingerprint(tree);
      }
      await done(network.cli("settings", "--copies", "2"));
      await done(network.cli("wallet", "add", "savings", "--kind", "custodial", "--per-day", "5"));
      await done(network.cli("token", "create", "script"));
      const client = await network.client();
      kept.wallets = (await client.wallets()).map(({ name }) => name).toSorted();
      const proved = await until(
        async () => (await client.dealsPage({ limit: 100 })).deals,
        (deals: DealJson[]) => deals.length === 8 && deals.every(({ lastProved }) => lastProved !== null),
        300,
        "each deal is proved",
      );
      kept.deals = proved.map(({ deal }) => deal).toSorted();
    } finally {
      await network.stop();
    }
    const copy = join(directory, "home.tar");
    await done(runCli(["backup", copy, "--shards", "--home", home]));
    const target = join(HOMES, `${version}.tar.zst`);
    // A window over the whole of it: a new database is five times the same.
    const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 27 };
    await writeFile(target, zstdCompressSync(await readFile(copy), { params }));
    await writeFile(join(HOMES, `${version}.json`), `${JSON.stringify(kept, null, 2)}\n`);
    return target;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const { version } = JSON.parse(await readFile(new URL("../../../../package.json", import.meta.url), "utf8"));
process.stdout.write(`${await keepHome(version)}\n`);
