import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { principalOfSession } from "../sessions/principal-of-session.ts";
import { type AccountsWorld, accountsWorld, PASSWORD } from "../testing/accounts-world.ts";
import { addUser } from "../users/add-user.ts";
import { forgetAttempts, waitAfter } from "./attempts.ts";
import { logIn } from "./log-in.ts";

let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
  await addUser(world, { name: "Alice", password: PASSWORD, role: "owner" });
});
afterAll(() => world.database.drop());
beforeEach(async () => {
  await world.pool.query("delete from accounts.attempts");
  await world.pool.query("delete from accounts.sessions");
});

let networks = 0;
const elsewhere = () => `198.51.100.${++networks}`;
const try_ = (name: string, password: string, network = elsewhere()) =>
  logIn(world, { name, password, network, agent: "test" }).then(
    () => "in",
    (error: { code: string }) => error.code,
  );

describe("logging in", () => {
  it("opens a session for the right password, whatever the case of the name", async () => {
    const { user, session } = await logIn(world, { name: "aLICE", password: PASSWORD, network: "a", agent: "Firefox" });
    expect(user).toMatchObject({ name: "Alice", role: "owner" });
    expect(await principalOfSession(world, session.secret)).toMatchObject({ user: user.id, via: "session" });
    expect(JSON.stringify(user)).not.toContain("argon2");
  });

  it("answers a wrong password, an unknown name and what can be no name alike", async () => {
    const answers = await Promise.all(
      [
        ["alice", "wrong"],
        ["nobody", PASSWORD],
        ["' or 1=1 --", PASSWORD],
        ["\u0000", ""],
      ].map(([name = "", password = ""]) =>
        logIn(world, { name, password, network: elsewhere(), agent: "" }).catch((error: { toJSON(): object }) =>
          error.toJSON(),
        ),
      ),
    );
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toMatchObject({ code: "wrong-login" });
  });

  it("makes whoever guesses one user's password wait ever longer, from however many networks", async () => {
    for (const name of ["alice", "nobody"]) {
      for (let i = 0; i < 5; i += 1) expect([name, i, await try_(name, "wrong")]).toEqual([name, i, "wrong-login"]);
      expect(await try_(name, PASSWORD)).toBe("too-many-attempts");
    }
    let waited = 0;
    for (let i = 0; i < 12; i += 1) {
      const refusal = await logIn(world, { name: "alice", password: PASSWORD, network: elsewhere(), agent: "" }).catch(
        (error: { details: { retryAfter: number } }) => error.details,
      );
      const { retryAfter } = refusal as { retryAfter: number };
      world.clock.advance(retryAfter);
      waited = retryAfter;
      expect(await try_("alice", "wrong")).toBe("wrong-login");
    }
    expect(waited).toBe(900);
    world.clock.advance(900);
    expect(await try_("alice", PASSWORD)).toBe("in");
    expect(await try_("alice", "wrong")).toBe("wrong-login");
  });

  it("lets nobody who guesses elsewhere keep a user out of where it was logged in before", async () => {
    await logIn(world, { name: "alice", password: PASSWORD, network: "home", agent: "" });
    for (let i = 0; i < 6; i += 1) await try_("alice", "wrong");
    expect(await try_("alice", PASSWORD)).toBe("too-many-attempts");
    expect(await try_("alice", PASSWORD, "home")).toBe("in");
  });

  it("makes a network that tries many names wait, whether one of them is its own or not", async () => {
    for (let i = 0; i < 20; i += 1) expect(await try_(`user${i}`, "wrong", "192.0.2.1")).toBe("wrong-login");
    expect(await try_("alice", PASSWORD, "192.0.2.1")).toBe("too-many-attempts");
    expect(await try_("alice", PASSWORD, "192.0.2.2")).toBe("in");
    world.clock.advance(1);
    expect(await try_("alice", PASSWORD, "192.0.2.1")).toBe("in");
    // Its own password takes back no guess but its own.
    expect(await try_("user99", "wrong", "192.0.2.1")).toBe("wrong-login");
    expect(await try_("alice", PASSWORD, "192.0.2.1")).toBe("too-many-attempts");
  });

  it("counts attempts before they are made, so that many at once gain nothing", async () => {
    const tried = await Promise.all(Array.from({ length: 30 }, () => try_("alice", "wrong")));
    expect(tried.filter((one) => one === "wrong-login")).toHaveLength(5);
    expect(tried.filter((one) => one === "too-many-attempts")).toHaveLength(25);
  });

  it("counts no attempt that ended for want of room, and keeps room for users at home while strangers flood", async () => {
    await logIn(world, { name: "alice", password: PASSWORD, network: "home", agent: "" });
    let over = false;
    const flood = async (i: number): Promise<string[]> => {
      const got: string[] = [];
      while (!over) got.push(await try_(`stranger${i}-${got.length}`, "wrong"));
      return got;
    };
    const strangers = Promise.all(Array.from({ length: 80 }, (_, i) => flood(i)));
    const atHome: string[] = [];
    for (let i = 0; i < 8; i += 1) atHome.push(await try_("alice", PASSWORD, "home"));
    expect(atHome).toEqual(Array(8).fill("in"));
    const away = await Promise.all(Array.from({ length: 4 }, () => try_("alice", PASSWORD)));
    over = true;
    const all = (await strangers).flat();
    for (const one of away) expect(["in", "busy"]).toContain(one);
    expect(all).toContain("busy");
    // Those that were tried are counted, and no others: each has a name and a network of its own.
    const { rows } = await world.pool.query("select count(*)::int as n from accounts.attempts where failures > 0");
    expect(rows[0].n).toBe(2 * all.filter((one) => one === "wrong-login").length);
  });

  it("forgets failures after a day, and the least of too many", async () => {
    for (let i = 0; i < 5; i += 1) await try_("alice", "wrong", "192.0.2.9");
    await try_("bob", "wrong", "192.0.2.9");
    await forgetAttempts(world, 2);
    const { rows } = await world.pool.query("select failures from accounts.attempts order by failures");
    expect(rows).toEqual([{ failures: 5 }, { failures: 6 }]);
    world.clock.advance(86_401);
    await forgetAttempts(world);
    expect((await world.pool.query("select 1 from accounts.attempts")).rowCount).toBe(0);
  });

  it("keeps neither names nor networks beside the failures", async () => {
    await try_("alice", "wrong", "203.0.113.77");
    const { rows } = await world.pool.query("select a::text as text from accounts.attempts a");
    expect(JSON.stringify(rows)).not.toMatch(/alice|203/);
  });

  it("waits as it says", () => {
    expect([0, 4, 5, 6, 7, 14, 15, 1000].map((failures) => waitAfter(failures, "user"))).toEqual([
      0, 0, 1, 2, 4, 512, 900, 900,
    ]);
  });
});
