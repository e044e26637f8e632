import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Principal } from "../scopes.ts";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT, HOME_SECRET, PASSWORD } from "../testing/accounts-world.ts";
import { addUser } from "../users/add-user.ts";
import { removeUser } from "../users/remove-user.ts";
import { createToken } from "./create-token.ts";
import { keepHomeToken } from "./keep-home-token.ts";
import { listTokens } from "./list-tokens.ts";
import { principalOfToken } from "./principal-of-token.ts";
import { revokeToken } from "./revoke-token.ts";

let world: AccountsWorld;
let home: Principal;
beforeAll(async () => {
  world = await accountsWorld();
  home = (await principalOfToken(world, HOME_SECRET))!;
});
afterAll(() => world.database.drop());

async function owner(name: string): Promise<Principal> {
  const user = await addUser(world, { name, password: PASSWORD, role: "owner" });
  return { account: user.account, user: user.id, scopes: ["read", "write", "admin"], via: "session", id: "s" };
}

describe("a token", () => {
  it("of the home opens the home's account with every scope", () => {
    expect(home).toMatchObject({ account: HOME_ACCOUNT, scopes: ["read", "write", "admin", "operate"], via: "token" });
    expect(home.user).toBeUndefined();
  });

  it("does what its scopes say, until it expires; its secret is not kept", async () => {
    const expiresAt = world.clock.now() + 100;
    const { secret, token } = await createToken(world, home, { label: "backup", scopes: ["write", "read"], expiresAt });
    expect(token).toMatchObject({ label: "backup", scopes: ["read", "write"], expiresAt, lastUsedAt: null });
    expect(await principalOfToken(world, secret)).toMatchObject({ account: HOME_ACCOUNT, scopes: ["read", "write"] });
    expect((await listTokens(world, HOME_ACCOUNT)).find(({ id }) => id === token.id)?.lastUsedAt).toBe(
      world.clock.now(),
    );
    const { rows } = await world.pool.query("select t::text as text from accounts.tokens t");
    expect(JSON.stringify(rows)).not.toContain(secret);
    world.clock.advance(100);
    expect(await principalOfToken(world, secret)).toBeUndefined();
    expect((await listTokens(world, HOME_ACCOUNT)).map(({ label }) => label)).toEqual(["home"]);
  });

  it("can do no more than who makes it, and lasts no longer than the token that makes it", async () => {
    const alice = await owner("alice");
    await expect(createToken(world, alice, { label: "", scopes: ["operate"] })).rejects.toMatchObject({
      code: "scope-missing",
      details: { scopes: ["operate"] },
    });
    const expiresAt = world.clock.now() + 50;
    const short = await createToken(world, alice, { label: "short", scopes: ["read", "admin"], expiresAt });
    const maker = (await principalOfToken(world, short.secret))!;
    await expect(createToken(world, maker, { label: "", scopes: ["write"] })).rejects.toMatchObject({
      code: "scope-missing",
    });
    const made = await createToken(world, maker, { label: "made", scopes: ["read"] });
    expect(made.token).toMatchObject({ expiresAt, user: alice.user });
    for (const wrong of [{ scopes: [] }, { scopes: ["read"] as const, expiresAt: world.clock.now() }])
      await expect(createToken(world, alice, { label: "", ...wrong })).rejects.toMatchObject({ code: "bad-token" });
  });

  it("loses the scopes that its user loses, and ends with its user", async () => {
    const bob = await owner("bob");
    const { secret } = await createToken(world, bob, { label: "", scopes: ["read", "admin"] });
    await world.pool.query("update accounts.users set role = 'member' where id = $1", [bob.user]);
    expect((await principalOfToken(world, secret))?.scopes).toEqual(["read"]);
    await removeUser(world, { named: "bob" });
    expect(await principalOfToken(world, secret)).toBeUndefined();
  });

  it("is revoked at once, by its account alone, and the home's never", async () => {
    const carol = await owner("carol");
    const { secret, token } = await createToken(world, carol, { label: "", scopes: ["read"] });
    await expect(revokeToken(world, { id: token.id, account: HOME_ACCOUNT })).rejects.toMatchObject({
      code: "unknown-token",
    });
    expect(await principalOfToken(world, secret)).toBeDefined();
    await revokeToken(world, { id: token.id, account: carol.account });
    expect(await principalOfToken(world, secret)).toBeUndefined();
    await expect(revokeToken(world, { id: home.id, account: HOME_ACCOUNT })).rejects.toMatchObject({
      code: "home-token",
    });
    expect(await principalOfToken(world, HOME_SECRET)).toBeDefined();
  });

  it("of the home ends when the home has another one", async () => {
    await keepHomeToken(world.pool, "n".repeat(43));
    expect(await principalOfToken(world, HOME_SECRET)).toBeUndefined();
    await keepHomeToken(world.pool, HOME_SECRET);
    await keepHomeToken(world.pool, HOME_SECRET);
    expect(await principalOfToken(world, HOME_SECRET)).toMatchObject({ account: HOME_ACCOUNT });
    home = (await principalOfToken(world, HOME_SECRET))!;
  });

  it("of the home is the one that the home's file has, whatever another is called", async () => {
    expect(home.home).toBe(true);
    const { secret, token } = await createToken(world, home, { label: "home", scopes: ["admin"] });
    expect((await principalOfToken(world, secret))?.home).toBeUndefined();
    await revokeToken(world, { id: token.id, account: HOME_ACCOUNT });
  });

  it("that has expired counts no more and is kept no longer", async () => {
    const erin = await owner("erin");
    const make = (expiresAt: number) => createToken(world, erin, { label: "", scopes: ["read"], expiresAt });
    for (let i = 0; i < 200; i += 1) await make(world.clock.now() + 10);
    await expect(make(world.clock.now() + 10)).rejects.toMatchObject({ code: "too-many-tokens" });
    world.clock.advance(10);
    await make(world.clock.now() + 10);
    const { rowCount } = await world.pool.query("select 1 from accounts.tokens where account = $1", [erin.account]);
    expect(rowCount).toBe(1);
  });

  it("is refused where an account has 200, also to many at once", async () => {
    const dave = await owner("dave");
    const made = await Promise.allSettled(
      Array.from({ length: 205 }, () => createToken(world, dave, { label: "", scopes: ["read"] })),
    );
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(200);
  });
});
