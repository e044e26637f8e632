import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT, PASSWORD } from "../testing/accounts-world.ts";
import { addUser } from "../users/add-user.ts";
import { countReads } from "./count-reads.ts";
import { limitReached } from "./limit-reached.ts";
import { DEFAULT_LIMITS, limitsOf, NO_LIMITS, setLimits } from "./limits.ts";
import { requirePackageRoom } from "./require-room.ts";
import { takeGrant } from "./take-grant.ts";
import { Uploads } from "./uploads.ts";
import { use, usedOf } from "./use.ts";

let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
});
afterAll(() => world.database.drop());

let made = 0;
async function accountWith(limits: object): Promise<string> {
  const { account } = await addUser(world, { name: `user${++made}`, password: PASSWORD, role: "owner" });
  await setLimits(world.pool, account, { ...NO_LIMITS, ...limits });
  return account;
}
async function* chunks(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}
async function taken(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let sum = 0;
  try {
    for await (const chunk of bytes) sum += chunk.length;
  } catch (error) {
    expect(error).toMatchObject({ code: "limit-reached" });
  }
  return sum;
}
const MIB = 2 ** 20;

describe("limits", () => {
  it("are the defaults until an operator sets others", async () => {
    expect(await limitsOf(world.pool, "anybody")).toEqual(DEFAULT_LIMITS);
    const account = await accountWith({ packages: 5 });
    expect(await limitsOf(world.pool, account)).toEqual({ ...NO_LIMITS, packages: 5 });
  });

  it("of an hour let through as many as they say, whatever comes at once, and free at the next", async () => {
    const account = await accountWith({ commitsPerHour: 3 });
    const commit = () => use(world, { account, kind: "commits", amount: 1 });
    const tried = await Promise.allSettled(Array.from({ length: 10 }, commit));
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const freesAt = (Math.floor(world.clock.now() / 3600) + 1) * 3600;
    await expect(commit()).rejects.toMatchObject({
      code: "limit-reached",
      kind: "exhausted",
      details: { limit: "commitsPerHour", value: 3, used: 3, asked: 1, freesAt },
    });
    await use(world, { account: await accountWith({ commitsPerHour: 3 }), kind: "commits", amount: 1 });
    world.clock.advance(freesAt - world.clock.now());
    await commit();
  });

  it("of reads end a stream before the byte that is too many, and give back what was not read", async () => {
    const account = await accountWith({ egressPerDay: 20 * MIB });
    const used = () => usedOf(world.pool, { account, kind: "egress", now: world.clock.now() });
    expect(await taken(countReads(world, account, chunks(MIB, MIB)))).toBe(2 * MIB);
    expect(await used()).toBe(2 * MIB);
    for await (const _ of countReads(world, account, chunks(MIB, MIB, MIB))) break;
    expect(await used()).toBe(3 * MIB);
    expect(await taken(countReads(world, account, chunks(...Array(30).fill(MIB))))).toBe(17 * MIB);
    expect(await used()).toBe(20 * MIB);
    expect(await taken(countReads(world, account, chunks(1)))).toBe(0);
    expect(await taken(countReads(world, HOME_ACCOUNT, chunks(1)))).toBe(1);
  });

  it("of uploads end one before the byte that is too many, and count several at once together", async () => {
    const account = await accountWith({ spoolBytes: 100 });
    await world.storePackage("1".repeat(32), account, "RECEIVING");
    await world.storePackage("2".repeat(32), account, "STORED");
    let disk = 40;
    const asked: (readonly string[])[] = [];
    const uploads = new Uploads(world.pool, async (packages) => {
      asked.push(packages);
      return disk;
    });
    const come = (bytes: AsyncIterable<Uint8Array>, announced = 0) =>
      uploads.take({ account, bytes, announced }, async (counted) => {
        const came = await taken(counted);
        disk += came;
        return came;
      });
    expect(await come(chunks(30, 30, 1))).toBe(60);
    disk = 40;
    expect(asked.every((one) => JSON.stringify(one) === JSON.stringify(["1".repeat(32)]))).toBe(true);
    await expect(come(chunks(1), 61)).rejects.toMatchObject({
      code: "limit-reached",
      details: { limit: "spoolBytes", value: 100, used: 40, asked: 61, freesAt: null },
    });
    let begun = 0;
    const together = Promise.withResolvers<void>();
    async function* whenBoth() {
      begun += 1;
      if (begun === 2) together.resolve();
      await together.promise;
      yield* chunks(30, 30);
    }
    const both = await Promise.all([come(whenBoth()), come(whenBoth())]);
    expect(both[0] + both[1]).toBe(60);
    disk = 40;
    expect(await come(chunks(60))).toBe(60);
  });

  it("of uploads hold for many at once that begin together and end one after another", async () => {
    const account = await accountWith({ spoolBytes: 1000 });
    await world.storePackage("7".repeat(32), account, "RECEIVING");
    let disk = 0;
    const uploads = new Uploads(world.pool, async () => disk);
    const gates = Array.from({ length: 50 }, () => Promise.withResolvers<void>());
    let begun = 0;
    const all = gates.map(({ promise }) => {
      async function* body() {
        yield new Uint8Array(1);
        begun += 1;
        await promise;
        yield new Uint8Array(900);
      }
      return uploads.take({ account, bytes: body() }, async (counted) => {
        for await (const chunk of counted) disk += chunk.length;
      });
    });
    const ends = Promise.allSettled(all);
    await expect.poll(() => begun, { timeout: 20_000 }).toBe(50);
    for (const [i, { resolve }] of gates.entries()) {
      resolve();
      await all[i]?.catch(() => undefined);
    }
    expect((await ends).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(disk).toBe(950);
  });

  it("of uploads count manifests until their packages are stored", async () => {
    const account = await accountWith({ spoolBytes: 100 });
    const uploads = new Uploads(world.pool, async () => 0);
    for (const [id, state] of [
      ["8", "COMMITTED"],
      ["9", "STORED"],
    ] as const) {
      await world.storePackage(id.repeat(32), account, state);
      await world.pool.query("update catalog.packages set manifest_size = 90 where id = $1", [id.repeat(32)]);
    }
    expect(await uploads.used(account)).toBe(90);
    expect(await uploads.take({ account, bytes: chunks(10, 1) }, (counted) => taken(counted))).toBe(10);
  });

  it.each([
    ["RECEIVING", false, true],
    ["COMMITTING", false, true],
    ["COMMITTED", false, true],
    ["PLACING", false, true],
    ["STORED", false, false],
    ["STORED", true, true],
    ["DEGRADED", true, true],
    ["REMOVED", true, false],
  ])("of bytes at the gateway, of a package that is %s (hot: %s): %s", async (state, hot, isCounted) => {
    const account = await accountWith({ spoolBytes: 100 });
    const id = `e${made.toString(16).padStart(31, "0")}`;
    await world.storePackage(id, account, state);
    await world.pool.query("update catalog.packages set hot = $2 where id = $1", [id, hot]);
    const uploads = new Uploads(world.pool, async (ids) => ids.length * 100);
    expect(await uploads.used(account)).toBe(isCounted ? 100 : 0);
    const coming = uploads.take({ account, bytes: chunks(1) }, (counted) => taken(counted));
    expect(await coming).toBe(isCounted ? 0 : 1);
  });

  it("say what is counted", () => {
    const { message } = limitReached("commitsPerHour", { value: 60, used: 60, asked: 1, freesAt: 0 });
    expect(message).toBe(
      "the account's limit of 60 packages agreed in this hour is reached: 60 are used, and 1 more are asked for",
    );
    const spool = limitReached("spoolBytes", { value: 100, used: 90, asked: 20 });
    expect(spool.message).toContain("limit of 100 bytes at the gateway, of uploads");
  });

  it("of packages count those that are there, and let one that is there be opened again", async () => {
    const account = await accountWith({ packages: 2 });
    await world.storePackage("3".repeat(32), account, "STORED");
    await world.storePackage("4".repeat(32), account, "REMOVED");
    await requirePackageRoom(world.pool, account, "5".repeat(32));
    await world.storePackage("5".repeat(32), account, "RECEIVING");
    await requirePackageRoom(world.pool, account, "5".repeat(32));
    await expect(requirePackageRoom(world.pool, account, "6".repeat(32))).rejects.toMatchObject({
      code: "limit-reached",
      details: { limit: "packages", value: 2, used: 2 },
    });
  });

  it("let the faucet give to one wallet of an account, as often as it asks", async () => {
    const account = await accountWith({});
    const [one, two] = [`0x${"1".repeat(40)}`, `0x${"2".repeat(40)}`] as const;
    await takeGrant(world.pool, account, one);
    await takeGrant(world.pool, account, one);
    await expect(takeGrant(world.pool, account, two)).rejects.toMatchObject({ code: "faucet-used" });
  });
});
