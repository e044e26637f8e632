import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setSignUpPolicy, signUpPolicy } from "../policy.ts";
import type { Principal } from "../scopes.ts";
import { principalOfSession } from "../sessions/principal-of-session.ts";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT, HOME_SECRET, PASSWORD } from "../testing/accounts-world.ts";
import { keepHomeToken } from "../tokens/keep-home-token.ts";
import { principalOfToken } from "../tokens/principal-of-token.ts";
import { addUser } from "../users/add-user.ts";
import { findUser } from "../users/find-user.ts";
import { listUsers } from "../users/list-users.ts";
import { removeUser } from "../users/remove-user.ts";
import { createInvite } from "./create-invite.ts";
import { listInvites } from "./list-invites.ts";
import { signUp } from "./sign-up.ts";
import { withdrawInvite } from "./withdraw-invite.ts";

let world: AccountsWorld;
let home: Principal;
beforeAll(async () => {
  world = await accountsWorld();
  home = (await principalOfToken(world, HOME_SECRET))!;
});
afterAll(() => world.database.drop());

let networks = 0;
const come = (name: string, invite?: string, network = `n${++networks}`) =>
  signUp(world, { name, password: PASSWORD, network, agent: "", ...(invite === undefined ? {} : { invite }) });
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "in",
    (error: { code: string }) => error.code,
  );
const invite = (options: Partial<Parameters<typeof createInvite>[1]> = {}) =>
  createInvite(world, { maker: home, label: "for somebody", role: "owner", joins: false, ...options });

describe("signing up", () => {
  it("needs an invite to begin with, which is good for one user, also where ten use it at once", async () => {
    expect(await signUpPolicy(world.pool)).toBe("invite");
    expect(await outcome(come("early"))).toBe("invite-needed");
    const { code } = await invite();
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => outcome(come(`many${i}`, code))));
    expect(all.toSorted()).toEqual(["in", ...Array(9).fill("wrong-invite")]);
    expect(await listInvites(world, HOME_ACCOUNT)).toEqual([]);
  });

  it("gives an account of its own, or a place in that of who invites, and logs in", async () => {
    const own = await come("own", (await invite()).code);
    expect(own.user).toMatchObject({ role: "owner" });
    expect(own.user.account).not.toBe(HOME_ACCOUNT);
    const joined = await come("joined", (await invite({ joins: true, role: "member" })).code);
    expect(joined.user).toMatchObject({ account: HOME_ACCOUNT, role: "member" });
    expect(await principalOfSession(world, joined.session.secret)).toMatchObject({ account: HOME_ACCOUNT });
  });

  it("leaves an invite good where its user could not be made", async () => {
    const { code } = await invite();
    expect(await outcome(come("own", code))).toBe("user-exists");
    expect(await outcome(come("not a name", code))).toBe("bad-user-name");
    expect(await outcome(signUp(world, { name: "weak", password: "x", invite: code, network: "w", agent: "" }))).toBe(
      "bad-password",
    );
    expect(await outcome(come("better", code))).toBe("in");
  });

  it("takes no invite that has expired, was withdrawn or is made up", async () => {
    const [old, withdrawn] = [await invite({ days: 1 }), await invite({ days: 3 })];
    await expect(withdrawInvite(world, { id: withdrawn.invite.id, madeBy: "other" })).rejects.toMatchObject({
      code: "unknown-invite",
    });
    await withdrawInvite(world, { id: withdrawn.invite.id, madeBy: HOME_ACCOUNT });
    world.clock.advance(86_400);
    for (const code of [old.code, withdrawn.code, "", "made up"])
      expect(await outcome(come("late", code))).toBe("wrong-invite");
  });

  it("takes no invite of a user that was removed or may no longer give so much, and none of a home's token that was replaced", async () => {
    const mole = await addUser(world, { name: "mole", password: PASSWORD, role: "operator", account: HOME_ACCOUNT });
    const maker = { account: HOME_ACCOUNT, user: mole.id, id: "s" };
    const asked = { maker, joins: true, days: 3650 };
    const [operator, owner, member] = [
      await invite({ ...asked, role: "operator" }),
      await invite({ ...asked, role: "owner" }),
      await invite({ ...asked, role: "member" }),
    ];
    const own = await invite({ maker });
    await world.pool.query("update accounts.users set role = 'owner' where id = $1", [mole.id]);
    for (const { code } of [operator, own]) expect(await outcome(come("moles", code))).toBe("wrong-invite");
    expect(await outcome(come("moles", member.code))).toBe("in");
    await removeUser(world, { named: "mole" });
    expect(await outcome(come("mole2", owner.code))).toBe("wrong-invite");
    expect(await listInvites(world, HOME_ACCOUNT)).toEqual([]);
    const { code } = await invite();
    await keepHomeToken(world.pool, "n".repeat(43));
    expect(await outcome(come("late", code))).toBe("wrong-invite");
    await keepHomeToken(world.pool, HOME_SECRET);
    home = (await principalOfToken(world, HOME_SECRET))!;
  });

  it("is open or closed as the operator says, and slower the more come from one network", async () => {
    await setSignUpPolicy(world.pool, "closed");
    expect(await outcome(come("closed", (await invite()).code))).toBe("sign-up-closed");
    await setSignUpPolicy(world.pool, "open");
    for (let i = 0; i < 20; i += 1) expect(await outcome(come(`crowd${i}`, undefined, "crowd"))).toBe("in");
    expect(await outcome(come("crowd20", undefined, "crowd"))).toBe("too-many-attempts");
    expect(await outcome(come("crowd21"))).toBe("in");
    await setSignUpPolicy(world.pool, "invite");
  });

  it("takes guesses at invites as failures of their network", async () => {
    for (let i = 0; i < 20; i += 1) expect(await outcome(come(`g${i}`, `guess${i}`, "guesser"))).toBe("wrong-invite");
    expect(await outcome(come("g", (await invite()).code, "guesser"))).toBe("too-many-attempts");
  });
});

describe("users", () => {
  it("have one name in any case, and are found in their account alone", async () => {
    await addUser(world, { name: "Erin", password: PASSWORD, role: "owner" });
    await expect(addUser(world, { name: "ERIN", password: PASSWORD, role: "owner" })).rejects.toMatchObject({
      code: "user-exists",
    });
    expect(await findUser(world.pool, "erin")).toMatchObject({ name: "Erin" });
    await expect(findUser(world.pool, "erin", HOME_ACCOUNT)).rejects.toMatchObject({ code: "unknown-user" });
    for (const name of ["", " ", "a b", "-x", "é", "x".repeat(65), "a/b", "a\u0000"])
      await expect(addUser(world, { name, password: PASSWORD, role: "owner" })).rejects.toMatchObject({
        code: "bad-user-name",
      });
  });

  it("come in pages", async () => {
    const names: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const page: Awaited<ReturnType<typeof listUsers>> = await listUsers(world.pool, { after, limit: 7 });
      names.push(...page.users.map(({ name }) => name));
      after = page.next;
    }
    expect(names).toEqual(names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    expect(names.length).toBeGreaterThan(20);
    expect((await listUsers(world.pool, { account: HOME_ACCOUNT })).users.map(({ name }) => name)).toEqual([
      "joined",
      "moles",
    ]);
  });
});
