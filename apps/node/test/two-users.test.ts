import { randomBytes } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decryptSecret, encryptSecret } from "@cairn/archive/encrypt-secret";
import { type AccountKey, generateAccountKey } from "@cairn/archive/keys";
import { generateKey } from "@cairn/chain/wallet";
import { CairnClient, type EventJson, type PackageDetailJson, type ProviderJson } from "@cairn/client";
import type { OwnerSigner } from "@cairn/core";
import { get } from "@cairn/owner/get";
import type { OwnerPorts } from "@cairn/owner/ports";
import { put } from "@cairn/owner/put";
import { signClaim } from "@cairn/owner/sign-claim";
import { streamDestination } from "@cairn/owner/stream-destination";
import { streamSource } from "@cairn/owner/stream-source";
import { walletSigner } from "@cairn/owner/wallet-signer";
import { machineClock } from "@cairn/process/machine-clock";
import type { Address, Hex } from "@cairn/protocol";
import { messageToJson } from "@cairn/protocol/typed-json";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeAt } from "../src/home/home.ts";
import { knownPackages } from "../src/owner/known-packages.ts";
import { chainReader } from "../src/owner/read-chain.ts";
import { runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";

const PASSWORD = "four words of nothing";
const LETTERS = { "first.txt": Buffer.from("dear reader"), "second.bin": randomBytes(200_000) };
const signal = new AbortController().signal;

let network: TestNetwork;
let operator: CairnClient;
/** By price, the cheapest first. */
let providers: ProviderJson[];
/** Anna works over HTTP; her keys are here, but for the wallet's, which the gateway has in its vault. */
let anna: { client: CairnClient; account: string; vault: Address; key: AccountKey; ports: OwnerPorts };
/** Somebody else, who listens from the beginning. */
let third: { client: CairnClient; account: string; home: string; heard: EventJson[]; end(): void };
/** What is Anna's and what is the home's, as it comes to be. */
const theirs = { packages: [] as string[], roots: [] as string[], check: "" };

const cli = async (...args: string[]) => {
  const done = await network.cli(...args);
  expect([args, done.code, done.stderr]).toEqual([args, 0, ""]);
  return done;
};
const inThird = (...args: string[]) => runCli([...args, "--home", third.home]);

/** The way of a page: a session by sign-up or login, and a token made with it. */
async function tokenOf(path: "sign-up" | "login", body: Record<string, string>): Promise<string> {
  const post = async (at: string, json: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${network.url}/api/v1/${at}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: network.url, ...headers },
      body: JSON.stringify(json),
    });
    expect([at, answer.status]).toEqual([at, 200]);
    return {
      cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "",
      json: (await answer.json()) as { csrf: string; secret: string },
    };
  };
  const { cookie, json } = await post(path, body);
  const session = { cookie, "cairn-csrf": json.csrf };
  return (await post("tokens", { label: "page", scopes: ["read", "write", "admin"] }, session)).json.secret;
}

/** Signs by the gateway's route: the key is in the vault. */
const vaultSigner = (client: CairnClient, address: Address): OwnerSigner => ({
  address,
  async sign(type, message) {
    const signed = await client.signWith(address, { type, message: messageToJson(message) as never });
    return signed.signature as Hex;
  },
});

async function annaOf(token: string): Promise<typeof anna> {
  const client = new CairnClient({ url: network.url, token });
  const key = await generateAccountKey({ name: "Anna" });
  const secret = generateKey();
  const at = await client.network();
  const signer = walletSigner(secret);
  const claim = await signClaim(signer, { network: at, token, now: machineClock.now() });
  const keystore = Buffer.from(await encryptSecret(key, Buffer.from(secret.slice(2), "hex"))).toString("base64");
  const { address } = await client.addWallet({ name: "vault", kind: "vault", claim, keystore });
  expect(address).toBe(signer.address);
  const vault = address as Address;
  const owner = { signer: vaultSigner(client, vault), lookupKey: randomBytes(32), openKey: async () => key };
  const { chainUrl } = await network.run();
  const known = knownPackages(homeAt(join(network.directory, "anna")));
  const ports = {
    ...{ gateway: client, owner, known, clock: machineClock, readChain: chainReader(chainUrl) },
    network: () => client.network(),
  };
  return { client, account: (await client.whoAmI()).account, vault, key, ports };
}

async function unlock(): Promise<void> {
  const { keystore } = await anna.client.walletKeystore(anna.vault);
  const opened = await decryptSecret(anna.key, Buffer.from(keystore, "base64"));
  const { unlockedUntil } = await anna.client.unlockWallet(anna.vault, opened, 30);
  expect(unlockedUntil).toBeGreaterThan(Date.now() / 1000);
}

/** Put as a page would, by what the account's settings say. */
async function putLetters(name: string): Promise<string> {
  const [settings, { defaults }] = await Promise.all([anna.client.settings(), anna.client.network()]);
  const { k = defaults.k, n = defaults.n, days = defaults.days, placement = {} } = settings;
  const entries = Object.entries(LETTERS).map(([path, bytes]) => ({ path, size: bytes.length, bytes }));
  const done = await put(anna.ports, {
    source: streamSource(name, entries),
    shape: { k, n, days, placement: placement as never },
    layout: "private",
    signal,
  });
  return "id" in done ? done.id : "";
}

async function getLetters(name: string): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  const destination = streamDestination(async ({ path, bytes }) => {
    if (bytes === undefined) return;
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part.slice());
    found[path] = Buffer.concat(parts);
  });
  await get(anna.ports, { target: name, destination, signal });
  return found;
}

const remember = ({ id, root }: Pick<PackageDetailJson, "id" | "root">) => {
  theirs.packages.push(id);
  theirs.roots.push(root ?? "");
};

beforeAll(async () => {
  network = await startNetwork();
  operator = await network.client();
  const listed = await until(
    () => operator.providers(),
    (all) => all.filter(({ connected, state }) => connected && state === "READY").length === 6,
    300,
    "six providers",
  );
  providers = listed.toSorted((a, b) => Number(BigInt(a.price) - BigInt(b.price)));
  const { password } = (await cli("user", "add", "thirdy", "--json")).json<{ password: string }>();
  const client = new CairnClient({ url: network.url, token: await tokenOf("login", { name: "thirdy", password }) });
  const home = join(network.directory, "third");
  await writeFile(join(network.directory, "third's password"), `${password}\n`);
  const listening = new AbortController();
  const heard: EventJson[] = [];
  const { account } = await client.whoAmI();
  third = { client, account, home, heard, end: () => listening.abort() };
  await new Promise<void>((open, fail) => {
    const listen = async () => {
      for await (const event of client.live(listening.signal, open)) heard.push(event);
    };
    listen().catch(fail);
  });
});
afterAll(async () => {
  third?.end();
  await network?.stop();
});

describe("a user by HTTP, with a wallet in the gateway's vault", () => {
  it("becomes a user by an invite that is good once, and logs in", async () => {
    const { code } = (await cli("user", "invite", "Anna", "--json")).json<{ code: string }>();
    const named = { name: "anna", password: PASSWORD };
    await tokenOf("sign-up", { ...named, invite: code });
    await expect(operator.signUp({ name: "anna2", password: PASSWORD, invite: code })).rejects.toThrow();
    anna = await annaOf(await tokenOf("login", named));
    expect(anna.account).not.toBe((await operator.whoAmI()).account);
  });

  it("stores by the signing route while the vault is open, with no provider that asks a wei above the maximum", async () => {
    const [, , , fourth, fifth] = providers;
    const maxPrice = BigInt(fifth!.price) - 1n;
    expect(maxPrice).toBeGreaterThanOrEqual(BigInt(fourth!.price));
    await anna.client.changeSettings({ k: 2, n: 4, placement: { maxPrice: maxPrice.toString() } });
    await anna.client.faucet();
    await expect(putLetters("too early")).rejects.toMatchObject({ code: "wallet-locked" });
    await unlock();
    const id = await putLetters("letters");
    const stored = await anna.client.package(id);
    remember(stored);
    expect(stored.state).toBe("STORED");
    const dear = providers
      .filter(({ price }) => BigInt(price) > maxPrice)
      .map(({ provider }) => provider.toLowerCase());
    expect(dear).toContain(fifth!.provider.toLowerCase());
    expect(stored.slots).toHaveLength(4);
    for (const { provider } of stored.slots) expect(dear).not.toContain(provider?.toLowerCase());
    const passedOver = (await anna.client.asks(id)).filter(({ provider }) => dear.includes(provider.toLowerCase()));
    expect(new Set(passedOver.map(({ provider }) => provider.toLowerCase()))).toEqual(new Set(dear));
    for (const one of passedOver) expect(JSON.stringify(one)).toContain("price");
    expect(await getLetters("letters")).toEqual(LETTERS);
  });
});

describe("a user by the command line", () => {
  it("stores with its own key, whichever wallet is the default one, and gets one copy in each country", async () => {
    const { owner } = (await cli("wallet", "--json")).json<{ owner: string }>();
    await cli("wallet", "add", "spare", "--kind", "custodial", "--per-day", "1");
    await cli("wallet", "default", "spare");
    expect((await operator.account()).owner).not.toBe(owner);
    await cli("settings", "--copies", "2", "--country-each", "CA,NL");
    const folder = join(network.directory, "deeds");
    await mkdir(folder);
    await writeFile(join(folder, "deed.txt"), "this house is mine");
    await cli("put", folder);
    const [{ id } = { id: "" }] = (await cli("ls", "--json")).json<{ id: string }[]>();
    const stored = await operator.package(id);
    remember(stored);
    const regions = stored.slots.map(({ provider }) =>
      providers.find((one) => one.provider.toLowerCase() === provider?.toLowerCase())?.region.slice(0, 2),
    );
    expect(regions.toSorted()).toEqual(["CA", "NL"]);
    await cli("get", "deeds", join(network.directory, "deeds back"));
    expect(await readFile(join(network.directory, "deeds back", "deed.txt"), "utf8")).toBe("this house is mine");
    theirs.check = (await cli("check", "deeds", "--json")).json<{ id: string }>().id;
    expect((await cli("recover", "--json")).json()).toMatchObject({ found: 1, alreadyKnown: 1 });
  });
});

describe("a third user", () => {
  it("sees nothing of theirs in any list, nor in what it heard from the beginning", async () => {
    const { client, heard } = third;
    const events = await client.events(undefined, 1000);
    expect(await client.packages(true)).toEqual([]);
    expect(await client.deals()).toEqual([]);
    expect(await client.checks()).toEqual([]);
    expect(await client.statement()).toEqual([]);
    expect(await client.wallets()).toEqual([]);
    expect((await client.tokens()).map(({ label }) => label)).toEqual(["page"]);
    expect((await client.users()).map(({ name }) => name)).toEqual(["thirdy"]);
    // What is of no account: providers, periods.
    const text = JSON.stringify([events, heard]);
    for (const secret of [...theirs.packages, ...theirs.roots, theirs.check, anna.account, anna.vault]) {
      expect(text).not.toContain(secret);
    }
    expect([...events, ...heard].filter((event) => event.package !== null || event.deal !== null)).toEqual([]);
    // The owners were told: there was something to be heard.
    expect((await anna.client.events(undefined, 1000)).some((event) => event.package === theirs.packages[0])).toBe(
      true,
    );
    expect((await operator.events(undefined, 1000)).map(({ kind }) => kind)).toContain("check-ended");
    expect((await operator.events(undefined, 1000)).some((event) => event.package === theirs.packages[0])).toBe(false);
  });

  it("reaches nothing of theirs by its id, address or CID, while the vault is open", async () => {
    const { client } = third;
    for (const id of theirs.packages) {
      const tries: (() => Promise<unknown>)[] = [
        () => client.package(id),
        () => client.asks(id),
        () => client.custody(id),
        () => client.manifest(id),
        () => client.document(id),
        () => client.quotePackage(id),
        () => client.abandonPackage(id),
        () => client.check(id, { full: false }),
      ];
      for (const one of tries) await expect(one(), String(one)).rejects.toMatchObject({ code: "unknown-package" });
    }
    for (const root of theirs.roots) {
      await expect(client.publicBlock(root)).rejects.toMatchObject({ kind: "missing" });
    }
    await expect(client.checkResult(theirs.check)).rejects.toMatchObject({ code: "unknown-check" });
    const permission = { documentHash: `0x${"11".repeat(32)}`, audience: anna.vault, expiry: "99999999999" };
    for (const one of [
      () => client.signWith(anna.vault, { type: "ReadCapability", message: permission }),
      () => client.walletKeystore(anna.vault),
      () => client.lockWallet(anna.vault),
      () => client.account(anna.vault),
      () => client.recoverable(anna.vault),
      () => client.setDefaultWallet(anna.vault),
    ]) {
      await expect(one(), String(one)).rejects.toMatchObject({ code: "unknown-wallet" });
    }
    await expect(client.limits.of(anna.account)).rejects.toMatchObject({ code: "scope-missing" });
    // It was not locked by them either.
    expect((await anna.client.wallets())[0]?.unlockedUntil).not.toBeNull();
  });

  it("works from another machine with an account of its own, after it has logged in there, until it logs out", async () => {
    const passwordFile = join(network.directory, "third's password");
    const login = ["login", network.url, "--user", "thirdy", "--password-file", passwordFile, "--json"];
    const { chainUrl } = await network.run();
    expect((await inThird("ls", "--json")).json()).toMatchObject({ error: { code: "not-running" } });
    const entered = await inThird(...login, "--chain", chainUrl);
    expect(entered.json()).toMatchObject({
      user: "thirdy",
      account: third.account,
      scopes: ["read", "write", "admin"],
    });
    const file = join(third.home, "remote.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(await readFile(file, "utf8")) as { token: string };
    expect(entered.stdout).not.toContain(token);
    expect((await inThird(...login)).json()).toMatchObject({ error: { code: "logged-in" } });
    expect((await inThird("up", "--json")).json()).toMatchObject({ error: { code: "logged-in" } });
    expect((await inThird("ls", "--json")).json()).toEqual([]);
    expect((await inThird("show", theirs.packages[0]!, "--json")).json()).toMatchObject({ error: { kind: "missing" } });
    const note = join(network.directory, "note.txt");
    await writeFile(note, "mine");
    expect((await inThird("put", note, "--json")).json()).toMatchObject({ state: "STORED" });
    expect((await inThird("cat", "note.txt/note.txt")).stdout || (await inThird("cat", "note.txt")).stdout).toBe(
      "mine",
    );
    expect((await inThird("status", "--json")).json()).toMatchObject({ url: network.url, user: "thirdy" });
    expect((await inThird("limits", "--json")).json()).toMatchObject({ account: third.account, used: { packages: 1 } });
    expect((await inThird("logout", "--json")).json()).toMatchObject({ revoked: true });
    const gone = new CairnClient({ url: network.url, token });
    await expect(gone.whoAmI()).rejects.toMatchObject({ code: "wrong-token" });
  });

  it("has the limits that an operator sets, none among them", async () => {
    const set = await cli("limits", "--user", "thirdy", "--packages", "7", "--commits", "none", "--json");
    expect(set.json()).toMatchObject({ account: third.account, limits: { packages: 7, commitsPerHour: null } });
    expect((await third.client.limits.own()).limits).toMatchObject({ packages: 7, commitsPerHour: null });
    await expect(
      third.client.limits.set(third.account, (await third.client.limits.own()).limits),
    ).rejects.toMatchObject({
      code: "scope-missing",
    });
  });
});

describe("a vault that was locked", () => {
  it("signs nothing: neither a package nor a permission to read one", async () => {
    await anna.client.lockWallet(anna.vault);
    const before = (await anna.client.packages()).length;
    await expect(getLetters("letters")).rejects.toMatchObject({ code: "wallet-locked" });
    await expect(putLetters("more")).rejects.toMatchObject({ code: "wallet-locked" });
    const live = (await anna.client.packages()).filter(({ state }) => state !== "ABANDONED");
    expect(live.length).toBe(before);
    await unlock();
    expect(await getLetters("letters")).toEqual(LETTERS);
  });
});
