import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PackageDetailJson, WalletJson } from "@cairn/client";
import { CairnClient } from "@cairn/client/client";
import { writeAccountFile } from "@cairn/owner/account-file";
import { claimAccount } from "@cairn/owner/claim-account";
import { machineClock } from "@cairn/process/machine-clock";
import type { Address } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureAccount } from "../src/account/account.ts";
import { homeAt, homeToken } from "../src/home/home.ts";
import { depositFor } from "./support/deposit-for.ts";
import { runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";

const COINS = 5n * 10n ** 18n;
const OVER = ["ENDING", "EXPIRED", "REMOVED"];

let network: TestNetwork;
let tree: string;
/** Another home of the same account, as on another machine: it has the keys, and no record of what the first did. */
let elsewhere: string;

const cli = async (...args: string[]) => {
  const done = await network.cli(...args);
  expect([args, done.code, done.stderr, done.code === 0 ? "" : done.stdout]).toEqual([args, 0, "", ""]);
  return done;
};
const there = (...args: string[]) => runCli([...args, "--home", elsewhere]);
const stateOf = async (id: string) => (await (await network.client()).package(id)).state;
async function ownerOf(id: string, client?: CairnClient): Promise<Address> {
  const parts: Uint8Array[] = [];
  for await (const part of await (client ?? (await network.client())).document(id)) parts.push(part);
  return decodeDocument(Buffer.concat(parts)).owner;
}
async function put(name: string, ...more: string[]): Promise<string> {
  return (await cli("put", tree, "--name", name, "--json", ...more)).json<{ id: string }>().id;
}

beforeAll(async () => {
  network = await startNetwork();
  tree = join(network.directory, "birds");
  await mkdir(tree);
  await writeFile(join(tree, "wren.txt"), "a wren sings");
  // The home's own key is the first: an account takes one wallet by itself.
  await cli("wallet");
  for (const more of [
    ["savings", "--kind", "vault"],
    ["till", "--kind", "custodial", "--per-day", "1000"],
  ]) {
    const { address } = (await cli("wallet", "add", ...more, "--json")).json<WalletJson>();
    await depositFor(network, address as Address, COINS);
  }
  elsewhere = join(network.directory, "elsewhere");
  const exported = join(network.directory, "account.json");
  const token = join(network.directory, "token.txt");
  await writeFile(token, `${await homeToken(homeAt(network.home))}\n`);
  await cli("key", "export", exported);
  const { chainUrl } = await network.run();
  for (const args of [
    ["login", network.url, "--token-file", token, "--chain", chainUrl],
    ["key", "import", exported],
  ]) {
    const done = await there(...args);
    expect([args, done.code, done.stderr]).toEqual([args, 0, ""]);
  }
});
afterAll(() => network?.stop());

describe.each(["savings", "till"])("a package that %s pays for", (wallet) => {
  let id: string;
  let address: Address;

  it("is the wallet's own on the chain", async () => {
    address = (await (await network.client()).wallets()).find(({ name }) => name === wallet)!.address as Address;
    if (wallet === "savings") await cli("wallet", "unlock", wallet);
    id = await put(`by ${wallet}`, "--wallet", wallet);
    expect(await ownerOf(id)).toBe(address);
    // From here on the gateway has no key of the vault: the home opens the keystore itself.
    if (wallet === "savings") await cli("wallet", "lock", wallet);
  });

  it("is shown, read, compared, checked and certified", async () => {
    const name = `by ${wallet}`;
    expect((await cli("show", name, "--files")).stdout).toContain("wren.txt");
    const back = join(network.directory, `back from ${wallet}`);
    await cli("get", name, back);
    expect(execFileSync("diff", ["-r", tree, back]).toString()).toBe("");
    expect((await cli("cat", `${name}/wren.txt`)).stdout).toBe("a wren sings");
    await cli("diff", name, tree);
    await cli("check", name);
    await cli("check", `${name}/wren.txt`, "--full");
    await cli("certificate", name, "--output", join(network.directory, `${wallet}.json`));
  });

  it("is renamed, replaced by a package of the home's wallet, and ended by its own", async () => {
    await cli("mv", `by ${wallet}`, wallet);
    const next = await put(wallet, "--replace");
    expect(await ownerOf(next)).not.toBe(address);
    expect(OVER).toContain(await stateOf(id));
    if (wallet === "savings") await cli("wallet", "unlock", wallet);
    // And the other way round: the home's key ends what it paid for.
    id = await put(wallet, "--replace", "--wallet", wallet);
    expect(await ownerOf(id)).toBe(address);
    expect(OVER).toContain(await stateOf(next));
    if (wallet === "savings") await cli("wallet", "lock", wallet);
  });

  it("is ended from another home of the account, which knows the wallet by its keystore or its person's word", async () => {
    if (wallet === "till") {
      const refused = await there("rm", wallet, "--yes", "--json");
      const { error } = refused.json<{ error: { code: string; next: string; details: object } }>();
      expect(error).toMatchObject({ code: "gateway-lies", details: { field: "document.owner", offered: address } });
      expect(error.next).toContain(`cairn wallet trust ${address}`);
      expect(await stateOf(id)).toBe("STORED");
      expect((await there("wallet", "trust", address)).code).toBe(0);
    }
    const removed = await there("rm", wallet, "--yes");
    expect([removed.code, removed.stderr]).toEqual([0, ""]);
    expect(OVER).toContain(await stateOf(id));
    // It ends on the chain, too: the signature was the owner's.
    await until(
      () => stateOf(id),
      (state) => state === "REMOVED",
      300,
      "the end of its deals",
    );
  });
});

describe("the package of a recovery phrase", () => {
  /** The package of the words that are held, by its name. */
  const bundle = async (name: string) => {
    const found = (await cli("show", name, "--json")).json<PackageDetailJson>();
    const phrase = (await cli("phrase", "status", "--json")).json<{ id: string; wallet: Address }>();
    expect([found.id, await ownerOf(found.id)]).toEqual([phrase.id, phrase.wallet]);
    return found.id;
  };

  let next: string;

  it("is shown and checked like any other, and ends once the next phrase's is stored", async () => {
    await cli("phrase", "create", "--days", "1", "--json");
    const old = await bundle("recovery bundle");
    await cli("check", "recovery bundle", "--full");
    await cli("phrase", "create", "--replace", "--days", "1", "--json");
    // Under a name of its own, as the old one had this one until it ended.
    next = (await cli("phrase", "status", "--json")).json<{ id: string }>().id;
    expect(await bundle(next)).not.toBe(old);
    expect(OVER).toContain(await stateOf(old));
  });

  it("is removed like any other", async () => {
    await cli("rm", next, "--yes");
    expect(OVER).toContain(await stateOf(next));
  });
});

describe("an account whose key was made in a browser", () => {
  let home: string;
  let file: string;
  let client: CairnClient;
  let wallet: Address;
  const here = (...args: string[]) => runCli([...args, "--home", home]);
  const done = async (...args: string[]) => {
    const ran = await here(...args);
    expect([args, ran.code, ran.stderr]).toEqual([args, 0, ""]);
    return ran;
  };
  const errorOf = async (...args: string[]) =>
    (await here(...args, "--json")).json<{ error: { code: string; next: string } }>().error;
  const stored = async (name: string) =>
    ownerOf((await done("put", tree, "--name", name, "--json")).json<{ id: string }>().id, client);

  beforeAll(async () => {
    home = join(network.directory, "shell");
    file = join(network.directory, "from the browser.json");
    const { password } = (await cli("user", "add", "newcomer", "--json")).json<{ password: string }>();
    const passwordFile = join(network.directory, "newcomer's password");
    await writeFile(passwordFile, `${password}\n`);
    const { chainUrl } = await network.run();
    await done("login", network.url, "--user", "newcomer", "--password-file", passwordFile, "--chain", chainUrl);
    const { token } = JSON.parse(await readFile(homeAt(home).remoteFile, "utf8")) as { token: string };
    client = new CairnClient({ url: network.url, token });
    // What the guide does: a key, its wallet claimed and funded, and the account file.
    const { account } = await ensureAccount(homeAt(join(network.directory, "browser")));
    wallet = account.wallet.address;
    await claimAccount(
      { gateway: client, owner: account, network: () => client.network(), clock: machineClock },
      token,
    );
    await client.faucet();
    await writeFile(file, await writeAccountFile(account.secrets));
  });

  it("gets no second key by a put, which says how the first one comes here", async () => {
    const refused = await errorOf("put", tree, "--yes");
    expect(refused.code).toBe("account-claimed");
    for (const way of ["cairn key import FILE", "cairn recover --phrase", "cairn key create", "cairn wallet add NAME"])
      expect(refused.next).toContain(`\`${way}\``);
    expect(await readdir(homeAt(home).account)).not.toContain("account.json");
  });

  it("has a wallet of the shell's own beside it, where one is wanted", async () => {
    await done("key", "create");
    expect(await errorOf("put", tree, "--yes")).toMatchObject({
      code: "account-claimed",
      next: expect.stringContaining("`cairn wallet add NAME`"),
    });
    const beside = (await done("wallet", "add", "laptop", "--json")).json<WalletJson>();
    expect(beside).toMatchObject({ name: "laptop", kind: "client", isDefault: false });
    await done("wallet", "deposit", "5");
    expect(await stored("from the shell")).toBe(beside.address);
    // It has paid: it is not replaced.
    expect((await errorOf("key", "import", file)).code).toBe("account-exists");
  });

  it("comes by its account file into a home whose own key has stored and paid nothing, and stores from there", async () => {
    const used = home;
    home = join(network.directory, "another shell");
    await mkdir(home);
    await copyFile(homeAt(used).remoteFile, homeAt(home).remoteFile);
    const unused = (await done("key", "create", "--json")).json<{ owner: Address }>().owner;
    // Coins at its address are a use, too.
    expect((await runCli(["wallet", "send", "0.5", unused, "--home", used])).code).toBe(0);
    expect((await errorOf("key", "import", file)).code).toBe("account-exists");
    await rm(join(homeAt(home).account, "account.json"));
    const other = (await done("key", "create", "--json")).json<{ owner: Address }>().owner;
    const imported = (await done("key", "import", file, "--json")).json<{ owner: Address; replaced: string }>();
    expect(imported).toMatchObject({ owner: wallet, replaced: expect.stringContaining(other) });
    expect(await readFile(imported.replaced, "utf8")).toContain("cairn-account-1");
    expect(await stored("from the browser's key")).toBe(wallet);
    const listed = (await done("ls")).stdout;
    expect(listed).toContain("from the browser's key");
    // Of the package of the other key it says how to see the name.
    expect(listed).toContain("cairn key import FILE");
  });
});
