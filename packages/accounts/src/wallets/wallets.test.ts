import { randomBytes } from "node:crypto";
import { generateKey } from "@cairn/chain/wallet";
import { ownerSignerSuite } from "@cairn/core/ports/owner-signer.suite";
import { addressOfKey, type Hex, type Mandate } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT, PASSWORD, SIGNING } from "../testing/accounts-world.ts";
import { createToken } from "../tokens/create-token.ts";
import { addUser } from "../users/add-user.ts";
import { removeUser } from "../users/remove-user.ts";
import { addWallet } from "./add-wallet.ts";
import { custodialSigner, makeCustodialKey } from "./custody.ts";
import { findWallet } from "./find-wallet.ts";
import { listWallets } from "./list-wallets.ts";
import { openerIsThere } from "./opener-is-there.ts";
import { setDefaultWallet } from "./set-default-wallet.ts";
import { type Opener, Vaults } from "./vaults.ts";

let world: AccountsWorld;
let other: string;
beforeAll(async () => {
  world = await accountsWorld();
  other = (await addUser(world, { name: "other", password: PASSWORD, role: "owner" })).account;
});
afterAll(() => world.database.drop());

const COIN = 10n ** 18n;
const SECRET = "s".repeat(43);
const bytesOf = (key: Hex) => Buffer.from(key.slice(2), "hex");
/** What the first packet of an OpenPGP message to a public key begins with. */
const PKESK = Buffer.from([0xc1, 0x5e, 3]);
const newAddress = () => addressOfKey(generateKey());

async function custodial(limit: bigint) {
  const { address, keystore } = await makeCustodialKey(SECRET);
  await addWallet(world, {
    account: HOME_ACCOUNT,
    address,
    name: `custodial ${address}`,
    kind: "custodial",
    keystore,
    dailyLimit: limit,
  });
  return custodialSigner(world, { account: HOME_ACCOUNT, address }, SECRET);
}

const NOBODY: Opener = { user: undefined, token: undefined };
function openVault(opener: Opener = NOBODY) {
  const key = generateKey();
  const vaults = new Vaults(world.clock, (opener) => openerIsThere(world, opener));
  const wallet = { account: "a", address: addressOfKey(key) };
  const bytes = bytesOf(key);
  vaults.unlock(wallet, { key: bytes, minutes: 5, opener });
  return { vaults, wallet, bytes, key };
}

ownerSignerSuite("vault", async () => {
  const { vaults, wallet } = openVault();
  return vaults.signer(wallet);
});
ownerSignerSuite("custodial", () => custodial(4n));

const mandate = (maxEscrow: bigint): Mandate => ({
  documentHash: `0x${randomBytes(32).toString("hex")}`,
  shardsRoot: `0x${"11".repeat(32)}`,
  pieces: 1,
  k: 1,
  n: 3,
  verifierSet: `0x${"11".repeat(32)}`,
  executor: `0x${"22".repeat(20)}`,
  maxEscrow,
  repairReserve: 0n,
  maxPrice: 1n,
  end: 1n,
  expiry: 1n,
});

it.each(["Hello", "Quote", "", "constructor"])("no wallet here signs %j, which is no owner's", async (type) => {
  const { vaults, wallet } = openVault();
  for (const signer of [vaults.signer(wallet), await custodial(4n)])
    await expect(signer.sign(type as "Hello", {} as never, SIGNING)).rejects.toMatchObject({
      code: "not-an-owners-message",
    });
  vaults.close();
});

describe("wallets of an account", () => {
  it("are several, one of them the default", async () => {
    const [first, second] = [newAddress(), newAddress()];
    expect(await addWallet(world, { account: other, address: first, name: "first", kind: "client" })).toMatchObject({
      isDefault: true,
    });
    const added = await addWallet(world, { account: other, address: second, name: "second", kind: "client" });
    expect(added.isDefault).toBe(false);
    expect(await findWallet(world.pool, other)).toMatchObject({ address: first });
    await setDefaultWallet(world, { account: other, named: "second" });
    expect((await listWallets(world.pool, other)).map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ["second", true],
      ["first", false],
    ]);
    const { rows } = await world.pool.query("select owner from catalog.accounts where id = $1", [other]);
    expect(rows).toEqual([{ owner: second }]);
    // A client's wallet that is added again stays as it is.
    expect(await addWallet(world, { account: other, address: first, name: "again", kind: "client" })).toMatchObject({
      name: "first",
    });
  });

  it("are of one account, and found in it alone", async () => {
    const address = newAddress();
    await addWallet(world, { account: other, address, name: "mine", kind: "client" });
    await expect(
      addWallet(world, { account: HOME_ACCOUNT, address, name: "stolen", kind: "client" }),
    ).rejects.toMatchObject({ code: "account-claimed" });
    for (const named of [address, "mine"])
      await expect(findWallet(world.pool, HOME_ACCOUNT, named)).rejects.toMatchObject({ code: "unknown-wallet" });
    await expect(setDefaultWallet(world, { account: HOME_ACCOUNT, named: address })).rejects.toMatchObject({
      code: "unknown-wallet",
    });
    await expect(
      addWallet(world, { account: other, address: newAddress(), name: "mine", kind: "client" }),
    ).rejects.toMatchObject({ code: "wallet-name-taken" });
  });

  it("go to one of two accounts that bring the same at once", async () => {
    const address = newAddress();
    const both = await Promise.allSettled(
      [other, HOME_ACCOUNT].map((account) => addWallet(world, { account, address, name: "both", kind: "client" })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("have what their kind has, and nothing else", async () => {
    const base = { account: other, address: newAddress(), name: "odd" } as const;
    for (const odd of [
      { ...base, kind: "vault" },
      { ...base, kind: "vault", keystore: Buffer.from("-----BEGIN PGP MESSAGE-----") },
      { ...base, kind: "vault", keystore: Buffer.alloc(20_000, 0xc1) },
      { ...base, kind: "custodial", keystore: PKESK },
      { ...base, kind: "client", keystore: PKESK },
    ] as const)
      await expect(addWallet(world, odd)).rejects.toMatchObject({ code: "bad-wallet" });
  });

  it("are 32 at most", async () => {
    const { account } = await addUser(world, { name: "hoarder", password: PASSWORD, role: "owner" });
    const add = (_: unknown, i: number) =>
      addWallet(world, { account, address: newAddress(), name: `w${i}`, kind: "client" });
    const added = await Promise.allSettled(Array.from({ length: 35 }, add));
    expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(32);
  });
});

describe("a vault", () => {
  it("signs while it is open, and its key is overwritten when its time is over", async () => {
    const { vaults, wallet, bytes, key } = openVault();
    expect(vaults.openUntil(wallet)).toBe(world.clock.now() + 300);
    await vaults.signer(wallet).sign("Mandate", mandate(1n), SIGNING);
    world.clock.advance(300);
    expect(vaults.openUntil(wallet)).toBeUndefined();
    await expect(vaults.signer(wallet).sign("Mandate", mandate(1n), SIGNING)).rejects.toMatchObject({
      code: "wallet-locked",
    });
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
    expect(bytesOf(key).equals(bytes)).toBe(false);
  });

  it("is locked by hand, by its account alone, and with all others at the end", async () => {
    const { vaults, wallet, bytes } = openVault();
    vaults.lock({ ...wallet, account: "b" });
    expect(vaults.openUntil(wallet)).toBeDefined();
    expect(vaults.openUntil({ ...wallet, account: "b" })).toBeUndefined();
    await expect(
      vaults.signer({ ...wallet, account: "b" }).sign("Mandate", mandate(1n), SIGNING),
    ).rejects.toMatchObject({
      code: "wallet-locked",
    });
    vaults.lock(wallet);
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
    const again = openVault();
    again.vaults.close();
    expect(again.bytes.equals(Buffer.alloc(32))).toBe(true);
  });

  it("locks when whoever opened it ends, at once where that is done, and before it signs again elsewhere", async () => {
    const user = await addUser(world, { name: "opener", password: PASSWORD, role: "owner" });
    const maker = { account: user.account, user: user.id, scopes: ["write"], via: "session", id: "s" } as const;
    const { token } = await createToken(world, maker, { label: "", scopes: ["write"] });
    const [here, there] = [
      openVault({ user: user.id, token: undefined }),
      openVault({ user: user.id, token: token.id }),
    ];
    const sign = () => there.vaults.signer(there.wallet).sign("Mandate", mandate(1n), SIGNING);
    await sign();
    there.vaults.lockOpenedBy({ user: "another", token: "another" });
    await sign();
    await removeUser(world, { named: "opener" });
    here.vaults.lockOpenedBy({ user: user.id });
    expect(here.bytes.equals(Buffer.alloc(32))).toBe(true);
    await expect(sign()).rejects.toMatchObject({ code: "wallet-locked" });
    expect(there.bytes.equals(Buffer.alloc(32))).toBe(true);
  });

  it("takes no other key, and keeps none of what it refuses", () => {
    const { vaults, wallet } = openVault();
    for (const bad of [bytesOf(generateKey()), Buffer.alloc(32, 0xff), Buffer.alloc(31, 1)]) {
      expect(() => vaults.unlock(wallet, { key: bad, minutes: 5, opener: NOBODY })).toThrow();
      expect(bad.every((byte) => byte === 0)).toBe(true);
    }
    expect(vaults.openUntil(wallet)).toBeDefined();
    vaults.close();
  });

  it("never stays open for longer than an hour, and a second key takes the place of the first", () => {
    const { vaults, wallet, bytes, key } = openVault();
    expect(vaults.unlock(wallet, { key: bytesOf(key), minutes: 10_000, opener: NOBODY })).toBe(
      world.clock.now() + 3600,
    );
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
    vaults.close();
  });
});

describe("a custodial wallet", () => {
  it("signs within its limit of a day, whatever comes at once, and says when it may again", async () => {
    const signer = await custodial(3n * COIN);
    const tried = await Promise.allSettled(
      Array.from({ length: 8 }, () => signer.sign("Mandate", mandate(COIN), SIGNING)),
    );
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const refusal = await signer.sign("Mandate", mandate(COIN), SIGNING).catch((error: unknown) => error);
    const freesAt = (Math.floor(world.clock.now() / 86_400) + 1) * 86_400;
    expect(refusal).toMatchObject({
      code: "limit-reached",
      details: { limit: "spending-per-day", value: String(3n * COIN), used: String(3n * COIN), freesAt },
    });
    // What spends nothing is signed in any case.
    await signer.sign("Termination", { documentHash: `0x${"11".repeat(32)}`, expiry: 1n }, SIGNING);
    world.clock.advance(freesAt - world.clock.now());
    await signer.sign("Mandate", mandate(3n * COIN), SIGNING);
  });

  it("counts the same mandate once", async () => {
    const signer = await custodial(COIN);
    const one = mandate(COIN);
    await signer.sign("Mandate", one, SIGNING);
    await signer.sign("Mandate", one, SIGNING);
    await expect(signer.sign("Mandate", mandate(1n), SIGNING)).rejects.toMatchObject({ code: "limit-reached" });
  });

  it("counts nothing of what it does not sign", async () => {
    const signer = await custodial(COIN);
    await expect(signer.sign("Mandate", { ...mandate(COIN), n: -1 }, SIGNING)).rejects.toMatchObject({
      code: "bad-message",
    });
    await signer.sign("Mandate", mandate(COIN), SIGNING);
  });

  it("opens with the home's secret alone, and for its account alone", async () => {
    const { address } = await custodial(COIN);
    const signer = (account: string, secret: string) => custodialSigner(world, { account, address }, secret);
    await expect(signer(HOME_ACCOUNT, "other").sign("Mandate", mandate(1n), SIGNING)).rejects.toMatchObject({
      code: "wrong-passphrase",
    });
    await expect(signer(other, SECRET).sign("Mandate", mandate(1n), SIGNING)).rejects.toMatchObject({
      code: "bad-keystore",
    });
  });
});
