import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { downstreamMigrations } from "../migrations.ts";
import { type TestContext, testAddress, testContext } from "../testing/test-context.ts";
import { findToken } from "./find.ts";
import { NONCE_SECONDS, nonceMessage } from "./nonces.ts";
import { register } from "./register.ts";

let database: TestDatabase;
let context: TestContext;
const address = testAddress(1);

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

beforeEach(async () => {
  await database.pool.query("truncate downstream.tokens, downstream.addresses, downstream.used_nonces cascade");
  context = testContext(database.pool);
});

afterAll(() => database.drop());

const refusal = (code: string) => expect.objectContaining({ code });
const tokens = async () => (await database.pool.query("select * from downstream.tokens order by id")).rows;
const withSettings = (settings: Partial<TestContext["settings"]>): TestContext => ({
  ...context,
  settings: { ...context.settings, ...settings },
});

describe("register", () => {
  it("gives a token that is found again and kept only as its hash", async () => {
    const registration = await register(context, address, "192.0.2.1", { message: "m", signature: "s" });
    expect(registration).toEqual({
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
      farmerId: expect.stringMatching(/^[0-9a-f]{20}$/),
      scheme: "Merkle",
    });
    const { farmerId, scheme, token } = registration;
    expect(await findToken(database.pool, token)).toEqual({ farmerId, scheme });
    expect(await findToken(database.pool, token.toUpperCase())).toEqual({ farmerId, scheme });
    const [row] = await tokens();
    expect(row).toMatchObject({ address, message: "m", signature: "s", created_at: context.clock.now });
    expect(row.location.country).toBe("country of 192.0.2.1");
    expect(JSON.stringify(row)).not.toContain(token);
    expect(JSON.stringify({ ...row, location: null })).not.toContain("192.0.2.1");
  });

  it("finds nothing by what is no token", async () => {
    const { token } = await register(context, address, "192.0.2.1");
    for (const other of [
      "",
      token.slice(1),
      `${token}0`,
      "g".repeat(32),
      token.replace(/./, (c) => (c === "0" ? "1" : "0")),
    ])
      await expect(findToken(database.pool, other)).rejects.toThrow(refusal("downstream-no-token"));
  });

  it("derives the farmer's id as the original's clients do", async () => {
    const fixed = { ...context, random: () => Buffer.from("7818c3ae50adacec1722240749fe1886", "hex") };
    expect((await register(fixed, address, "192.0.2.1")).farmerId).toBe("3815e832036a0e31907f");
  });

  it("gives an address as many tokens as it wants, and every network its limit", async () => {
    const limited = withSettings({ maxTokensPerNetwork: 2 });
    for (const ip of ["2001:db8::1", "2001:db8::2"]) await register(limited, address, ip);
    await expect(register(limited, address, "2001:db8::3")).rejects.toThrow(refusal("downstream-too-many-tokens"));
    await register(limited, address, "2001:db8:0:1::1");
    await register(limited, address, "192.0.2.1");
    await register(limited, address, "::ffff:192.0.2.1");
    await expect(register(limited, testAddress(2), "192.0.2.1")).rejects.toThrow(refusal("downstream-too-many-tokens"));
  });

  it("keeps the limit when many register at once", async () => {
    const limited = withSettings({ maxTokensPerNetwork: 5 });
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => register(limited, testAddress(i), `2001:db8::${i.toString(16)}`)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(await tokens()).toHaveLength(5);
  });

  it("refuses what is no address, after the limit as the original does", async () => {
    await expect(register(context, "1abc", "192.0.2.1")).rejects.toThrow(refusal("downstream-bad-address"));
    const limited = withSettings({ maxTokensPerNetwork: 0 });
    await expect(register(limited, "1abc", "192.0.2.1")).rejects.toThrow(refusal("downstream-too-many-tokens"));
  });

  it("asks the whitelist once it holds any address", async () => {
    await database.pool.query("insert into downstream.addresses values ($1, 10000, 0), ($2, 9999.5, 0)", [
      testAddress(1),
      testAddress(2),
    ]);
    await register(context, testAddress(1), "192.0.2.1");
    for (const number of [2, 3])
      await expect(register(context, testAddress(number), "192.0.2.1")).rejects.toThrow(
        refusal("downstream-not-whitelisted"),
      );
  });
});

describe("nonces", () => {
  const sign = (message: string) => ({ message, signature: "s" });
  const issue = (of = context, forAddress = address) =>
    nonceMessage(of.beats.nonceKey, forAddress, of.clock.now, of.random);
  const join = (message: string, of = context) => register(of, address, "192.0.2.1", sign(message));

  it("are good once", async () => {
    const message = issue();
    await join(message);
    await expect(join(message)).rejects.toThrow(refusal("downstream-bad-nonce"));
    await join(issue());
  });

  it("are good once for several at a time", async () => {
    const message = issue();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => join(message)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("are good for one address, at one node, for a while", async () => {
    await expect(join(issue(testContext(database.pool)))).rejects.toThrow(refusal("downstream-bad-nonce"));
    await expect(join(issue(context, testAddress(2)))).rejects.toThrow(refusal("downstream-bad-nonce"));
    const message = issue();
    context.clock.now += NONCE_SECONDS;
    await expect(join(message)).rejects.toThrow(refusal("downstream-bad-nonce"));
    await expect(join(`${issue()} and ${issue()}`)).rejects.toThrow(refusal("downstream-bad-nonce"));
    const forged = issue().replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    await expect(join(forged)).rejects.toThrow(refusal("downstream-bad-nonce"));
    expect(await tokens()).toEqual([]);
  });

  it("are not used up by a refusal", async () => {
    const message = issue();
    await expect(join(message, withSettings({ maxTokensPerNetwork: 0 }))).rejects.toThrow();
    await join(message);
  });

  it("may be left out unless the operator wants them", async () => {
    const strict = withSettings({ requireNonce: true });
    await join("no nonce here");
    await expect(join("no nonce here", strict)).rejects.toThrow(refusal("downstream-bad-nonce"));
    await expect(register(strict, address, "192.0.2.1")).rejects.toThrow(refusal("downstream-bad-nonce"));
    await join(issue(), strict);
  });

  it("are forgotten when they have expired", async () => {
    await join(issue());
    context.clock.now += NONCE_SECONDS + 1;
    await join(issue());
    const { rows } = await database.pool.query("select count(*)::int as count from downstream.used_nonces");
    expect(rows).toEqual([{ count: 1 }]);
  });

  it("fit into the longest message that the original allows", () => {
    expect(issue().length).toBeLessThan(200);
  });
});
