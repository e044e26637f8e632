import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { siblingDatabase } from "./sibling-database.ts";

/** A server of somebody else's, as far as a role without any right of an administrator can tell. */

const tag = randomBytes(5).toString("hex");
const [role, maker, stranger] = [`plain_${tag}`, `maker_${tag}`, `stranger_${tag}`];
const password = "it's @ secret:/?#";

async function asAdmin(...statements: string[]): Promise<void> {
  const client = new pg.Client(inject("cairnPostgres"));
  await client.connect();
  for (const sql of statements) await client.query(sql);
  await client.end();
}

function urlOf(user: string, database: string, secret = password): string {
  const host = encodeURIComponent(String(inject("cairnPostgres").host));
  return `postgres://${user}:${encodeURIComponent(secret)}@/${database}?host=${host}&application_name=outside`;
}

beforeAll(() =>
  asAdmin(
    ...[role, maker, stranger].map((name) => `CREATE ROLE ${name} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`),
    `ALTER ROLE ${maker} CREATEDB`,
    `CREATE DATABASE ${role} OWNER ${role}`,
    `CREATE DATABASE ${maker} OWNER ${maker}`,
  ),
);
afterAll(() =>
  asAdmin(
    ...[role, maker, `${role}_chain`, `${maker}_chain`].map((name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
    ...[role, maker, stranger].map((name) => `DROP ROLE ${name}`),
  ),
);

describe("the database beside the one that a URL names", () => {
  it("is asked of an administrator by a role that may make none, and is used once it is given", async () => {
    await expect(siblingDatabase(urlOf(role, role), "chain")).rejects.toMatchObject({
      code: "database-not-created",
      message: expect.stringContaining("permission denied"),
      next: expect.stringContaining(`CREATE DATABASE "${role}_chain" OWNER "${role}"`),
    });
    await asAdmin(`CREATE DATABASE ${role}_chain OWNER ${role}`);
    const config = await siblingDatabase(urlOf(role, role), "chain");
    const client = new pg.Client(config);
    await client.connect();
    const { rows } = await client.query(
      "SELECT current_database() AS place, current_user AS who, current_setting('application_name') AS name",
    );
    await client.end();
    expect(rows).toEqual([{ place: `${role}_chain`, who: role, name: "outside" }]);
  });

  it("is made by a role that may, once", async () => {
    const made = await siblingDatabase(urlOf(maker, maker), "chain");
    expect(await siblingDatabase(urlOf(maker, maker), "chain")).toEqual(made);
  });
});

describe("what is wrong with a given database is a sentence", () => {
  it.each([
    ["a wrong password", () => urlOf(role, role, "wrong"), "database-login-refused", /refused the login/],
    ["a database that is not there", () => urlOf(role, `none_${tag}`), "database-missing", /does not exist/],
    ["no right to make tables", () => urlOf(stranger, role), "database-not-writable", /may not make tables/],
    ["no TLS where it is asked for", () => `${urlOf(role, role)}&sslmode=require`, "database-unreachable", /SSL/],
  ])("%s", async (_, url, code, message) => {
    await expect(openDatabase(url())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      next: expect.any(String),
    });
  });
});
