import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forgetExpired } from "../forget.ts";
import { csrfToken } from "../secrets.ts";
import { type AccountsWorld, accountsWorld, PASSWORD } from "../testing/accounts-world.ts";
import { addUser } from "../users/add-user.ts";
import { changePassword } from "../users/change-password.ts";
import { removeUser } from "../users/remove-user.ts";
import type { User } from "../users/user.ts";
import { endSession } from "./end-session.ts";
import { listSessions } from "./list-sessions.ts";
import { IDLE_SECONDS, LONGEST_SECONDS, openSession } from "./open-session.ts";
import { principalOfSession } from "./principal-of-session.ts";

let world: AccountsWorld;
let alice: User;
let bob: User;
beforeAll(async () => {
  world = await accountsWorld();
  alice = await addUser(world, { name: "alice", password: PASSWORD, role: "owner" });
  bob = await addUser(world, { name: "bob", password: PASSWORD, role: "member", account: alice.account });
});
afterAll(() => world.database.drop());
beforeEach(() => world.pool.query("delete from accounts.sessions"));

const open = (user = alice, agent = "Firefox") =>
  openSession(world, { user: user.id, network: randomBytes(32), agent });

describe("a session", () => {
  it("stands for its user with what its role allows, and its secret is not kept", async () => {
    const [session, other] = [await open(), await open(bob)];
    expect(await principalOfSession(world, session.secret)).toEqual({
      account: alice.account,
      user: alice.id,
      scopes: ["read", "write", "admin"],
      via: "session",
      id: session.id,
    });
    expect((await principalOfSession(world, other.secret))?.scopes).toEqual(["read", "write"]);
    const { rows } = await world.pool.query("select s::text as text from accounts.sessions s");
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(session.secret).toString("hex"));
    expect(JSON.stringify(rows)).not.toContain(session.secret);
    expect(session.csrf).toBe(csrfToken(session.secret));
    expect(session.csrf).not.toBe(csrfToken(other.secret));
  });

  it("ends when it was idle for too long, and in any case after its time", async () => {
    const [idle, used] = [await open(), await open()];
    for (let passed = 0; passed < LONGEST_SECONDS; passed += IDLE_SECONDS / 2) {
      expect(await principalOfSession(world, used.secret)).toBeDefined();
      world.clock.advance(IDLE_SECONDS / 2);
    }
    expect(await principalOfSession(world, used.secret)).toBeUndefined();
    expect(await principalOfSession(world, idle.secret)).toBeUndefined();
    expect(await listSessions(world, alice.id)).toEqual([]);
    await forgetExpired(world);
    expect((await world.pool.query("select 1 from accounts.sessions")).rowCount).toBe(0);
  });

  it("is listed for its user, and ended by its user alone", async () => {
    const [first, second] = [await open(alice, "Firefox\u0007"), await open(bob)];
    expect(await listSessions(world, alice.id)).toMatchObject([{ id: first.id, agent: "Firefox?" }]);
    await expect(endSession(world, { id: second.id, user: alice.id })).rejects.toMatchObject({
      code: "unknown-session",
    });
    await endSession(world, { id: first.id, user: alice.id });
    expect(await principalOfSession(world, first.secret)).toBeUndefined();
    expect(await principalOfSession(world, second.secret)).toBeDefined();
  });

  it("makes place for another one when its user has too many, also where many open at once", async () => {
    const first = await open();
    world.clock.advance(1);
    await Promise.all(Array.from({ length: 40 }, () => open()));
    expect(await listSessions(world, alice.id)).toHaveLength(32);
    expect(await principalOfSession(world, first.secret)).toBeUndefined();
  });

  it("ends with a new password, but for the one that changes it, and with its user", async () => {
    const [kept, ended] = [await open(bob), await open(bob)];
    await changePassword(world, { named: "bob", password: "another four words", keep: kept.id });
    expect(await principalOfSession(world, kept.secret)).toBeDefined();
    expect(await principalOfSession(world, ended.secret)).toBeUndefined();
    await removeUser(world, { named: bob.id });
    expect(await principalOfSession(world, kept.secret)).toBeUndefined();
  });

  it("is nobody's for made-up secrets", async () => {
    for (const secret of ["", "x", "x".repeat(100_000), open.toString()])
      expect(await principalOfSession(world, secret)).toBeUndefined();
  });
});
