import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { downstreamMigrations } from "../migrations.ts";
import { type TestContext, testAddress, testContext } from "../testing/test-context.ts";
import { findToken } from "./find.ts";
import { register } from "./register.ts";
import { addToWhitelist, importWhitelist } from "./whitelist.ts";

let database: TestDatabase;
let context: TestContext;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

beforeEach(async () => {
  await database.pool.query("truncate downstream.tokens, downstream.addresses cascade");
  context = testContext(database.pool);
});

afterAll(() => database.drop());

const load = (...lines: string[]) => importWhitelist(context, [Buffer.from(lines.join("\n"))]);

const NONE_SKIPPED = { skipped: [], skippedRows: 0 };

const listed = async () =>
  (await database.pool.query("select address, balance::text from downstream.addresses order by address")).rows.map(
    ({ address, balance }) => [address, balance],
  );

describe("importWhitelist", () => {
  it("replaces the list and ends the farmers that are not on it any more", async () => {
    await load("address,crowdsale_balance", `${testAddress(1)},10000`, `${testAddress(2)},20000.5`);
    const kept = await register(context, testAddress(1), "192.0.2.1");
    const ended = await register(context, testAddress(2), "192.0.2.1");
    const change = await load("anything", ` ${testAddress(1)} ,5`, `"${testAddress(3)}","7",more,columns`, "");
    expect(change).toEqual({ ...NONE_SKIPPED, addresses: 2, removedAddresses: 1, removedFarmers: 1 });
    expect(await listed()).toEqual(
      [
        [testAddress(1), "5"],
        [testAddress(3), "7"],
      ].toSorted(),
    );
    await findToken(database.pool, kept.token);
    await expect(findToken(database.pool, ended.token)).rejects.toThrow(
      expect.objectContaining({ code: "downstream-no-token" }),
    );
  });

  it("ends farmers that registered before there was a list", async () => {
    await register(context, testAddress(9), "192.0.2.1");
    expect(await load("h", `${testAddress(1)},1`)).toEqual({
      ...NONE_SKIPPED,
      addresses: 1,
      removedAddresses: 0,
      removedFarmers: 1,
    });
  });

  it("lets the last row of an address count", async () => {
    await load("h", `${testAddress(1)},1`, `${testAddress(2)},2`, `${testAddress(1)},3`);
    expect(await listed()).toEqual(
      [
        [testAddress(1), "3"],
        [testAddress(2), "2"],
      ].toSorted(),
    );
  });

  it("takes addresses of every kind, and passes over and names rows that hold none", async () => {
    const script = "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy";
    const change = await load(
      "h",
      `${script},10`,
      testAddress(3),
      "1abc,5",
      ...["-1", "NaN", "1e5", ""].map((balance) => `${testAddress(2)},${balance}`),
      `${testAddress(1)},1`,
    );
    expect(change).toMatchObject({ addresses: 2, skippedRows: 6 });
    expect(change.skipped.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(change.skipped[1]!.reason).toContain("1abc");
    expect(await listed()).toEqual(
      [
        [script, "10"],
        [testAddress(1), "1"],
      ].toSorted(),
    );
  });

  it("names at most twenty of the rows that it passed over, and counts all", async () => {
    const change = await load("h", `${testAddress(1)},1`, ...Array.from({ length: 1000 }, () => "x,1"));
    expect(change.skipped).toHaveLength(20);
    expect(change.skippedRows).toBe(1000);
  });

  it("names the line of a file that is not CSV and changes nothing", async () => {
    await load("h", `${testAddress(1)},1`);
    const before = await listed();
    await expect(load("h", "", `"${testAddress(2)},1`)).rejects.toThrow(
      expect.objectContaining({ code: "downstream-bad-csv", details: { line: 3 } }),
    );
    expect(await listed()).toEqual(before);
  });

  it("refuses a file that would end every farmer", async () => {
    await load("h", `${testAddress(1)},1`);
    for (const lines of [[], ["h"], ["h", "", ""], ["h", "1abc,5"]])
      await expect(load(...lines)).rejects.toThrow(expect.objectContaining({ code: "downstream-empty-whitelist" }));
    expect(await listed()).toHaveLength(1);
  });

  it("lets no farmer in that registers while it is imported", async () => {
    const lines = ["h", ...Array.from({ length: 3000 }, (_, i) => `${testAddress(i)},20000`)];
    const joining = Array.from({ length: 20 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 5));
      return register(context, testAddress(i % 2 === 0 ? i : 1_000_000 + i), "192.0.2.1").catch(() => undefined);
    });
    await Promise.all([load(...lines), ...joining]);
    const { rows } = await database.pool.query(
      "select address from downstream.tokens where address not in (select address from downstream.addresses)",
    );
    expect(rows).toEqual([]);
  });

  it("holds what any file says, cut anywhere", async () => {
    const lists = fc.array(fc.tuple(fc.nat(30), fc.bigInt({ min: 0n, max: 10n ** 20n })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 50 }), async (list, step) => {
        const bytes = Buffer.from(["h", ...list.map(([n, balance]) => `${testAddress(n)},${balance}`)].join("\r\n"));
        const parts: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += step) parts.push(bytes.subarray(at, at + step));
        await importWhitelist(context, parts);
        const expected = new Map(list.map(([n, balance]) => [testAddress(n), String(balance)]));
        expect(new Map((await listed()) as [string, string][])).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});

describe("addToWhitelist", () => {
  it("adds one address with enough balance", async () => {
    await addToWhitelist(context, testAddress(1));
    await register(context, testAddress(1), "192.0.2.1");
    await expect(register(context, testAddress(2), "192.0.2.1")).rejects.toThrow(
      expect.objectContaining({ code: "downstream-not-whitelisted" }),
    );
    await expect(addToWhitelist(context, "1abc")).rejects.toThrow(
      expect.objectContaining({ code: "downstream-bad-address" }),
    );
  });

  it("takes no balance away", async () => {
    await load("h", `${testAddress(1)},50000`, `${testAddress(2)},1`);
    await addToWhitelist(context, testAddress(1));
    await addToWhitelist(context, testAddress(2));
    expect(new Map((await listed()) as [string, string][])).toEqual(
      new Map([
        [testAddress(1), "50000"],
        [testAddress(2), "10000"],
      ]),
    );
  });
});
