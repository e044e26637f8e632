import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forgetExpired } from "../forget.ts";
import { logIn } from "../log-in/log-in.ts";
import { principalOfSession } from "../sessions/principal-of-session.ts";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT, PASSWORD } from "../testing/accounts-world.ts";
import { addUser } from "../users/add-user.ts";
import { changePassword } from "../users/change-password.ts";
import { removeUser } from "../users/remove-user.ts";
import { createLink } from "./create-link.ts";
import { useLink } from "./use-link.ts";

let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
});
afterAll(() => world.database.drop());
beforeEach(async () => {
  await world.pool.query("delete from accounts.users");
  await world.pool.query("delete from accounts.attempts");
});

const use = (secret: string, network = "127.0.0.1") => useLink(world, { secret, network, agent: "Firefox" });
const codeOf = (tried: Promise<unknown>) =>
  tried.then(
    () => "in",
    (error: { code: string }) => error.code,
  );

describe("a link", () => {
  it("opens one session of the home's user, an operator of its account, and keeps no secret", async () => {
    const { secret } = await createLink(world);
    const kept = await world.pool.query("select l::text as text from accounts.links l");
    expect(JSON.stringify(kept.rows)).not.toContain(secret);
    const { user, session } = await use(secret);
    expect(user).toMatchObject({ account: HOME_ACCOUNT, name: "local", role: "operator" });
    expect(await principalOfSession(world, session.secret)).toMatchObject({
      account: HOME_ACCOUNT,
      scopes: ["read", "write", "admin", "operate"],
      via: "session",
    });
    expect(await codeOf(use(secret))).toBe("wrong-link");
  });

  it("opens one session, also where many use it at once", async () => {
    const { secret } = await createLink(world);
    const tried = await Promise.all(Array.from({ length: 10 }, (_, i) => codeOf(use(secret, `198.51.100.${i}`))));
    expect(tried.toSorted()).toEqual(["in", ...Array(9).fill("wrong-link")]);
  });

  it("is over after half an hour, and forgotten then", async () => {
    const [first, second] = [await createLink(world), await createLink(world)];
    world.clock.advance(1799);
    expect(await codeOf(use(first.secret))).toBe("in");
    world.clock.advance(2);
    expect(await codeOf(use(second.secret))).toBe("wrong-link");
    await createLink(world);
    world.clock.advance(1801);
    await forgetExpired(world);
    expect((await world.pool.query("select 1 from accounts.links")).rowCount).toBe(0);
  });

  it("makes place for others: only so many wait to be used, and the oldest goes", async () => {
    const { secret } = await createLink(world);
    world.clock.advance(1);
    for (let i = 0; i < 16; i += 1) await createLink(world);
    expect((await world.pool.query("select 1 from accounts.links")).rowCount).toBe(16);
    expect(await codeOf(use(secret))).toBe("wrong-link");
  });

  it("is guessed by nobody: wrong ones make their network wait", async () => {
    const tried: string[] = [];
    for (let i = 0; i < 21; i += 1) tried.push(await codeOf(use(`${i}`.padStart(43, "x"))));
    expect(tried.at(0)).toBe("wrong-link");
    expect(tried.at(-1)).toBe("too-many-attempts");
  });

  it("makes its user once, takes nobody's name away, and ends with its user", async () => {
    await addUser(world, { name: "local", password: PASSWORD, role: "member" });
    const [{ secret }, other] = await Promise.all([createLink(world), createLink(world)]);
    const { user, session } = await use(secret);
    expect(user.name).toBe("home");
    expect((await world.pool.query("select 1 from accounts.users")).rowCount).toBe(2);
    await removeUser(world, { named: user.id });
    expect(await principalOfSession(world, session.secret)).toBeUndefined();
    expect(await codeOf(use(other.secret))).toBe("wrong-link");
  });

  it("is the only way in for that user until it has a password", async () => {
    await use((await createLink(world)).secret);
    const login = (password: string) => codeOf(logIn(world, { name: "local", password, network: "a", agent: "" }));
    for (const password of ["", "none", PASSWORD]) expect(await login(password)).toBe("wrong-login");
    await changePassword(world, { named: "local", password: PASSWORD });
    expect(await login(PASSWORD)).toBe("in");
  });
});
