import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openBeats } from "@cairn/doors/downstream";
import { machineRandom } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureAccount, loadAccount } from "../account/account.ts";
import { findDownstream } from "../downstream/run-file.ts";
import { readDownstreamFile } from "../downstream/settings-file.ts";
import { endLeftovers } from "../supervise/leftover-children.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { homeSettings } from "../up/settings.ts";
import { doorDirectory } from "./door-home.ts";
import { type Home, homeAt, homeToken } from "./home.ts";
import { homeKey } from "./home-keys.ts";
import { knownNetwork } from "./known-network.ts";
import { findRunning, writeRunFile } from "./run-file.ts";

const beats = (home: Home) => openBeats(doorDirectory(home, "downstream"), machineRandom);

/** What a file of a home can be after a power cut, a full disk or an accident. `half` is the first half of what stood there. */
const DAMAGE: Record<string, (whole: string) => string> = {
  empty: () => "",
  half: (whole) => whole.slice(0, whole.length / 2),
  "of zero bytes": (whole) => "\0".repeat(whole.length),
  noise: () => "\x01\x02}{ not what was here",
  null: () => "null",
  "another object": () => "{}",
  "a list": () => "[]",
};

const ADDRESS = `0x${"1".repeat(40)}`;
const DEPLOYMENT = {
  chainId: 5,
  deals: ADDRESS,
  registry: ADDRESS,
  ledger: ADDRESS,
  periodSeconds: 60,
  genesisTime: 1,
};

interface HomeFile {
  path: string;
  make: (home: Home) => Promise<unknown>;
  use: (home: Home) => Promise<unknown>;
  /** What `use` gives with a damaged file: its result, or the code of its error. */
  outcome: { result: unknown } | { code: string | string[] };
}

const write = async (home: Home, path: string, value: unknown): Promise<void> => {
  await mkdir(dirname(join(home.directory, path)), { recursive: true });
  await writeFile(join(home.directory, path), JSON.stringify(value));
};

const FILES: HomeFile[] = [
  {
    path: "home.json",
    make: (home) => homeSettings(home, { providers: 2 }),
    use: (home) => homeSettings(home, {}),
    outcome: { code: "home-corrupt" },
  },
  {
    path: "run.json",
    make: (home) =>
      writeRunFile(home, { url: "http://x", pid: 1, profile: "local", chainUrl: "y", startedAt: 0, children: [] }),
    use: findRunning,
    outcome: { code: "not-running" },
  },
  {
    path: "deployment.json",
    make: (home) => write(home, "deployment.json", DEPLOYMENT),
    use: knownNetwork,
    outcome: { result: undefined },
  },
  {
    path: "joined.json",
    make: (home) => write(home, "joined.json", { chainId: 5, deals: ADDRESS }),
    use: knownNetwork,
    outcome: { code: "home-corrupt" },
  },
  {
    path: "token",
    make: homeToken,
    use: async (home) => [await homeToken(home), await homeToken(home)].map((text) => text.length),
    outcome: { result: [43, 43] },
  },
  {
    path: "secret",
    make: (home) => homeKey(home, "gateway", "executor"),
    use: (home) => homeKey(home, "gateway", "executor"),
    outcome: { code: "home-corrupt" },
  },
  {
    path: "gateway/keys/executor.json",
    make: (home) => homeKey(home, "gateway", "executor"),
    use: (home) => homeKey(home, "gateway", "executor"),
    outcome: { code: "home-corrupt" },
  },
  {
    path: "account/account.json",
    make: ensureAccount,
    use: (home) => loadAccount(home),
    outcome: { code: "bad-account-file" },
  },
  {
    path: "children.json",
    make: (home) => write(home, "children.json", [{ name: "x", pid: 1 << 22, start: "1" }]),
    use: (home) => endLeftovers(join(home.directory, "children.json")),
    outcome: { result: [] },
  },
  {
    path: "lock",
    make: async (home) => lockHome(home.directory).release(),
    use: async (home) => lockHome(home.directory).release(),
    outcome: { result: undefined },
  },
  {
    path: "lock.holder",
    make: async (home) => lockHome(home.directory).release(),
    use: async (home) => lockHome(home.directory).release(),
    outcome: { result: undefined },
  },
  {
    path: "downstream/heartbeat.json",
    make: beats,
    use: beats,
    outcome: { code: "downstream-bad-beats" },
  },
  {
    path: "downstream/run.json",
    make: (home) => write(home, "downstream/run.json", { url: "http://x", pid: process.pid, startedAt: 0 }),
    use: findDownstream,
    outcome: { code: "not-running" },
  },
  {
    path: "downstream/settings.json",
    make: (home) => write(home, "downstream/settings.json", { intervalSeconds: 300 }),
    // No setting is required: an object without any is whole.
    use: async (home) => (Object.keys(await readDownstreamFile(home)).length === 0 ? undefined : "settings"),
    outcome: { code: ["home-corrupt", "bad-settings"] },
  },
];

describe("a home whose file is damaged", () => {
  let home: Home;
  beforeEach(async () => {
    home = homeAt(await mkdtemp(join(tmpdir(), "cairn-torn-home-")));
  });
  afterEach(() => rm(home.directory, { recursive: true, force: true }));

  it.each(FILES)("recovers, or names it and what to do: $path", async ({ path, make, use, outcome }) => {
    await make(home);
    const file = join(home.directory, path);
    const whole = await readFile(file, "utf8").catch(() => "nothing");
    for (const [kind, damage] of Object.entries(DAMAGE)) {
      await writeFile(file, damage(whole));
      const found = await use(home).catch((error: unknown) => error);
      if (path === "downstream/settings.json" && kind === "another object") continue;
      if ("result" in outcome) {
        expect([kind, found]).toEqual([kind, outcome.result]);
        continue;
      }
      expect([kind, found]).toEqual([kind, expect.any(CairnError)]);
      const { code, next } = found as CairnError;
      expect([kind, [outcome.code].flat()]).toEqual([kind, expect.arrayContaining([code])]);
      expect(next).toBeDefined();
    }
  });
});
