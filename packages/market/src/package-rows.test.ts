import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPackages, PACKAGE_SORTS, requirePackage } from "./package-rows.ts";
import { renamePackage } from "./rename-package.ts";
import { hex, ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

const OTHER = "2".repeat(32);
let world: MarketWorld;
beforeAll(async () => {
  world = await openMarketWorld();
  await world.addPackage("STORED", { name: 1 });
  await world.addPackage("STORED", { id: OTHER, name: 2 });
});
afterAll(() => world.database.drop());

const nameOf = async (id: string) => {
  const { rows } = await world.database.pool.query("select name_hash from catalog.packages where id = $1", [id]);
  return `0x${(rows[0] as { name_hash: Buffer }).name_hash.toString("hex")}`;
};
const naming = (id: string, name: number) => ({ id, nameHash: hex(name), label: Buffer.from("label") });

describe("findPackages", () => {
  it("refuses a cursor that the database could not compare, whatever the list is sorted by", async () => {
    for (const sort of PACKAGE_SORTS) {
      for (const after of ["1~\0", "\0~1", ...(sort === "state" ? [] : [`${"9".repeat(78)}~1`, `${2n ** 63n}~1`])]) {
        const page = findPackages(world.database.pool, { account: "local", sort, after });
        await expect(page).rejects.toMatchObject({ code: "bad-cursor" });
      }
    }
    const after = `${Number.MAX_SAFE_INTEGER}~1`;
    expect((await findPackages(world.database.pool, { account: "local", after })).rows).toEqual([]);
  });
});

describe("requirePackage", () => {
  it("lets the account that has the package go on, and nobody else", async () => {
    const { pool } = world.database;
    await expect(requirePackage(pool, { id: ID, account: "local" })).resolves.toBeUndefined();
    for (const of of [
      { id: ID, account: "other" },
      { id: "3".repeat(32), account: "local" },
    ]) {
      await expect(requirePackage(pool, of)).rejects.toMatchObject({ code: "unknown-package", kind: "missing" });
    }
  });
});

describe("renamePackage", () => {
  it("refuses a name that another package has, and changes nothing", async () => {
    const request = { account: "local", ...naming(ID, 2) };
    await expect(renamePackage(world.context, request)).rejects.toMatchObject({ code: "name-taken" });
    expect(await nameOf(ID)).toBe(hex(1));
  });

  it("takes a name over from the one that has it, in one step", async () => {
    await renamePackage(world.context, { account: "local", ...naming(ID, 2), displaced: naming(OTHER, 3) });
    expect([await nameOf(ID), await nameOf(OTHER)]).toEqual([hex(2), hex(3)]);
    // Repeated, as when its answer was lost, it changes nothing.
    await renamePackage(world.context, { account: "local", ...naming(ID, 2), displaced: naming(OTHER, 3) });
    expect([await nameOf(ID), await nameOf(OTHER)]).toEqual([hex(2), hex(3)]);
  });

  it("takes nothing from a package that was given another name meanwhile", async () => {
    await renamePackage(world.context, { account: "local", ...naming(OTHER, 7) });
    const request = { account: "local", ...naming(ID, 2), displaced: naming(OTHER, 3) };
    await expect(renamePackage(world.context, request)).rejects.toMatchObject({
      code: "name-changed",
      kind: "conflict",
    });
    expect([await nameOf(ID), await nameOf(OTHER)]).toEqual([hex(2), hex(7)]);
  });

  it("renames nothing of another account", async () => {
    const request = { account: "other", ...naming(ID, 9) };
    await expect(renamePackage(world.context, request)).rejects.toMatchObject({ code: "unknown-package" });
    expect(await nameOf(ID)).toBe(hex(2));
  });

  it("has requests that name the same two packages the other way round wait for each other", async () => {
    const [ONE, TWO] = ["4".repeat(32), "5".repeat(32)];
    await world.addPackage("STORED", { id: ONE, name: 11 });
    await world.addPackage("STORED", { id: TWO, name: 12 });
    const over = (id: string, name: number, from: string, other: number) =>
      renamePackage(world.context, { account: "local", ...naming(id, name), displaced: naming(from, other) });
    // Until the first has the rows; the refusals are of requests that came too late.
    for (let round = 0; round < 20; round++) {
      const both = await Promise.allSettled([over(ONE, 12, TWO, 13), over(TWO, 11, ONE, 14)]);
      for (const one of both) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: expect.stringMatching(/^name-/) });
      }
      await renamePackage(world.context, { account: "local", ...naming(ONE, 15) });
      await renamePackage(world.context, { account: "local", ...naming(TWO, 12) });
      await renamePackage(world.context, { account: "local", ...naming(ONE, 11) });
    }
  });
});
