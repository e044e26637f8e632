import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CairnClient } from "@cairn/client";
import { readAccountFile } from "@cairn/owner/account-file";
import { signClaim } from "@cairn/owner/sign-claim";
import { walletSigner } from "@cairn/owner/wallet-signer";
import { machineClock } from "@cairn/process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeAt, homeToken } from "../src/home/home.ts";
import { type CommandResult, startNetwork, type TestNetwork } from "./support/network.ts";
import { fingerprint } from "./support/trees.ts";

/** A reader takes a second or less where the machine does nothing else. */
const LOOK_MILLISECONDS = 20;

let network: TestNetwork;
let client: CairnClient;
let shared: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), "cairn-shared-"));
  await mkdir(join(shared, "photos/2024/empty"), { recursive: true });
  await writeFile(join(shared, "photos/2024/small"), "of a file");
  await symlink("2024/small", join(shared, "photos/link"));
  for (const name of ["a", "b", "c"]) await writeFile(join(shared, "photos", name), randomBytes(30_000_000));
  await symlink("/etc", join(shared, "out"));
  network = await startNetwork({ providers: 4, env: { CAIRN_VAULT_PATHS: shared } });
  client = await network.client();
  const cli = async (...args: string[]) => {
    const made = await network.cli(...args);
    expect(made.code, made.stdout + made.stderr).toBe(0);
  };
  const keys = join(network.directory, "keys.json");
  await cli("key", "create");
  await cli("key", "export", keys);
  const own = walletSigner((await readAccountFile(readFileSync(keys, "utf8"))).wallet);
  const token = await homeToken(homeAt(network.home));
  await client.claimAccount(await signClaim(own, { network: await client.network(), token, now: machineClock.now() }));
  await cli("wallet", "add", "savings", "--kind", "vault");
}, 400_000);
afterAll(async () => {
  await network?.stop();
  await rm(shared, { recursive: true, force: true });
});

const unlock = async () => expect((await network.cli("wallet", "unlock", "savings")).code).toBe(0);
const put = (path: string, ...args: string[]) => network.cli("put", path, "--vault", "--yes", "--json", ...args);
/** Resolves with the process that reads for a put, as soon as there is one; fails with what the put says if it ends before. */
async function underWay(putting: Promise<CommandResult>): Promise<number> {
  let over: CommandResult | undefined;
  void putting.then((result) => {
    over = result;
  });
  while (over === undefined) {
    const pid = reader();
    if (pid !== undefined) return pid;
    await sleep(LOOK_MILLISECONDS);
  }
  throw new Error(`it ended: ${over.stdout}${over.stderr}`);
}
/** The process that reads for the gateway, whichever gateway that is by now. */
function reader(): number | undefined {
  const children = JSON.parse(readFileSync(join(network.home, "children.json"), "utf8"));
  const all: { name: string; pid: number }[] = Array.isArray(children) ? children : children.children;
  const gateway = all.find(({ name }) => name === "gateway")!.pid;
  const isReader = (pid: string) => {
    try {
      const ofGateway = readFileSync(`/proc/${pid}/status`, "utf8").includes(`PPid:\t${gateway}\n`);
      return ofGateway && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("reader-main");
    } catch {
      return false;
    }
  };
  const found = readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && isReader(pid));
  return found === undefined ? undefined : Number(found);
}

describe("a folder of the gateway's machine", () => {
  it("is seen below the operator's folders alone, and while a vault is open", async () => {
    expect(await client.vault.list()).toMatchObject({ folders: [shared], path: null });
    await expect(client.vault.list(shared)).rejects.toMatchObject({ code: "wallet-locked" });
    const locked = await put(join(shared, "photos"), "--name", "locked");
    expect([locked.code, locked.json()]).toMatchObject([5, { error: { code: "wallet-locked" } }]);
    await unlock();
    expect((await client.vault.list(shared)).entries).toEqual([{ name: "photos", kind: "directory", size: null }]);
    for (const path of ["/etc", join(shared, "..")])
      expect((await put(path)).json()).toMatchObject({ error: { code: "path-not-allowed" } });
    expect((await put(join(shared, "out"))).json()).toMatchObject({ error: { code: "path-not-allowed" } });
    await expect(client.vault.list(join(shared, "out"))).rejects.toMatchObject({ code: "path-not-allowed" });
  }, 300_000);

  it("is stored though the gateway is killed meanwhile, and comes back byte for byte", async () => {
    const putting = put(join(shared, "photos"));
    await underWay(putting);
    await network.kill("gateway");
    // The vault is locked then: what began while it was open goes on.
    const stored = await putting;
    expect([stored.code, stored.stdout], stored.stderr).toEqual([0, expect.stringContaining("STORED")]);
    const back = join(network.directory, "back");
    expect((await network.cli("get", "photos", back)).code).toBe(0);
    expect(await fingerprint(back)).toBe(await fingerprint(join(shared, "photos")));
    // One package, whatever was done again.
    expect((await client.packages()).filter(({ state }) => state !== "RECEIVING").length).toBe(1);
  }, 600_000);

  it("that does not answer is a clear error, after which nothing is stored, and the same command stores it", async () => {
    await unlock();
    const putting = put(join(shared, "photos"), "--name", "again");
    process.kill(await underWay(putting), "SIGSTOP");
    // The gateway answers meanwhile.
    expect((await client.vault.list(shared)).entries.length).toBe(1);
    const stalled = await putting;
    expect([stalled.code, stalled.json()], stalled.stderr).toMatchObject([5, { error: { code: "path-stalled" } }]);
    expect((await client.packages()).filter(({ state }) => state === "STORED").length).toBe(1);
    const stored = await put(join(shared, "photos"), "--name", "again");
    expect(stored.code, stored.stdout + stored.stderr).toBe(0);
  }, 600_000);
});
