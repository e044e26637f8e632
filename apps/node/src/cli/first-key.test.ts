import { mkdtemp, readdir, readFile, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKey } from "@cairn/chain";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureAccount, installAccount, loadAccount } from "../account/account.ts";
import { loadOwner } from "../account/owner.ts";
import { type Home, homeAt } from "../home/home.ts";
import { knownPackages } from "../owner/known-packages.ts";
import { recordWallet } from "../owner/recorded-wallets.ts";
import { createKey, exportKey, importKey } from "./key.ts";
import { ls } from "./ls.ts";
import { createPhrase } from "./phrase.ts";
import { put } from "./put.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";
import { isUnused } from "./unused-account.ts";
import { wallet } from "./wallet.ts";
import { addWallet } from "./wallets.ts";

const ELSEWHERE = addressOfKey(generateKey());

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let home: Home;
let options: { home: string; yes: true };
const served: { release(): void }[] = [];
const said: string[] = [];

beforeAll(async () => {
  gateway = await startMemoryGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairn-first-"));
  options = { home: join(folder, "home"), yes: true };
  home = homeAt(options.home);
  served.push(await serveHome(home, gateway.url));
  await writeFile(join(folder, "note"), "a note");
  said.length = 0;
  vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  // The account's wallet was made in a browser.
  gateway.lie((one, answer) =>
    one.call === "GET /account"
      ? { ...(answer as object), owner: ELSEWHERE }
      : one.call === "POST /wallets"
        ? { ...gateway.wallets.list()[0], ...walletIn(one.body) }
        : answer,
  );
});
afterEach(async () => {
  vi.restoreAllMocks();
  gateway.packages.clear();
  served.pop()?.release();
  await removeFile(folder, { recursive: true, force: true });
});

/** As a gateway answers that adds it. */
const walletIn = ({ name, kind, claim }: Record<string, unknown>) => ({
  ...{ address: (claim as { message: { owner: string } }).message.owner, filecoin: "", name, kind },
  ...{ isDefault: false, createdAt: 1, dailyLimit: null, unlockedUntil: null },
});

describe("a home without a key, of an account whose wallet was made elsewhere", () => {
  it.each<[string, () => Promise<void>]>([
    ["put", () => put(join(folder, "note"), options)],
    ["wallet", () => wallet("balance", undefined, undefined, options)],
    ["phrase create", () => createPhrase(options)],
  ])("makes none by `%s`, and says how the account's comes here", async (_, run) => {
    const error = await run().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "account-claimed", details: { owner: ELSEWHERE } });
    for (const way of ["key import FILE", "recover --phrase", "key create", "wallet add NAME"])
      expect(error.next).toContain(`\`cairn ${way}\``);
    expect(await readdir(home.account)).not.toContain("account.json");
    expect(gateway.asked.map(({ call }) => call)).not.toContain("PUT /account");
  });

  it("lists packages without their names, and says what shows them", async () => {
    const other = { home: join(folder, "other"), yes: true as const };
    served.push(await serveHome(homeAt(other.home), gateway.url));
    gateway.lie(undefined);
    await put(join(folder, "note"), other);
    served.pop()?.release();
    said.length = 0;
    await ls(options);
    expect(said.join("")).toContain("(name unknown)");
    expect(said.at(-1)).toContain("`cairn key import FILE`");
    await createKey(options);
    await ls(options);
    expect(said.join("")).toContain("(another account's)");
    expect(said.at(-1)).toContain("`cairn key import FILE`");
  });

  it("has a wallet of its own added beside the account's, by its own key", async () => {
    await expect(addWallet("laptop", { ...options, kind: "client" })).rejects.toMatchObject({ code: "missing-value" });
    const { account } = await ensureAccount(home);
    await addWallet("laptop", { ...options, kind: "client" });
    const asked = gateway.asked.findLast(({ call }) => call === "POST /wallets")!;
    expect(walletIn(asked.body)).toMatchObject({ address: account.wallet.address, name: "laptop", kind: "client" });
    const added = gateway.wallets.add({ name: "laptop", kind: "client", key: account.wallet.key });
    // The account has it now: another one needs a key of its own.
    await expect(addWallet("desk", { ...options, kind: "client" })).rejects.toMatchObject({ code: "missing-value" });
    gateway.wallets.remove(added);
  });
});

describe("an account that is brought into a home which has one", () => {
  const nothing = { client: { wallets: async () => [] }, fundsOf: async () => 0n };

  it("takes the place of one that is unused, whose file is kept", async () => {
    const { account: before } = await ensureAccount(home);
    const { account: brought } = await ensureAccount(homeAt(join(folder, "other")));
    const { replaced } = await installAccount(home, brought.secrets, async () => true);
    expect((await loadAccount(home))?.wallet).toEqual(brought.wallet);
    expect(JSON.parse(await readFile(replaced!, "utf8"))).toMatchObject({ wallet: before.wallet.key });
  });

  it("takes no other's place, nor of one about which nobody answers", async () => {
    const { account: before } = await ensureAccount(home);
    const other = join(folder, "other");
    const { account: brought } = await ensureAccount(homeAt(other));
    const refused = { code: "account-exists", next: expect.stringContaining("--home") };
    await expect(installAccount(home, brought.secrets, async () => false)).rejects.toMatchObject(refused);
    const file = join(folder, "account.json");
    await exportKey(file, { home: other });
    // The chain of this home is away.
    await expect(importKey(file, options)).rejects.toMatchObject(refused);
    expect((await loadAccount(home))?.wallet).toEqual(before.wallet);
  });

  it("counts one as used that has stored, paid or been told of anything", async () => {
    const { account } = await ensureAccount(home);
    const owner = (await loadOwner(home))!;
    expect(await isUnused({ home, ...nothing }, owner)).toBe(true);
    const phrase = { wallet: generateKey() as Hex, bundleKey: "" };
    expect(await isUnused({ home, ...nothing }, { ...owner, secrets: { ...owner.secrets, phrase } })).toBe(false);
    expect(await isUnused({ home, ...nothing, fundsOf: async () => 1n }, owner)).toBe(false);
    const own = { address: account.wallet.address } as never;
    expect(await isUnused({ home, ...nothing, client: { wallets: async () => [own] } }, owner)).toBe(false);
    await knownPackages(home).remember({ id: "0a".repeat(16) } as never);
    expect(await isUnused({ home, ...nothing }, owner)).toBe(false);
    await knownPackages(home).forget("0a".repeat(16));
    await recordWallet(home, ELSEWHERE);
    expect(await isUnused({ home, ...nothing }, owner)).toBe(false);
  });
});
