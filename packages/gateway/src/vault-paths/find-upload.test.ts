import { addJob, catalogMigrations, ensureAccount } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findUpload } from "./find-upload.ts";
import { packPathsKind } from "./pack-paths.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  for (const account of ["anna", "bert"]) await ensureAccount(database.pool, account);
});
afterAll(() => database?.drop());

it("finds what packs a folder, and no door's job of that id or other account's", async () => {
  const { pool } = database;
  const add = (id: string, kind: string) => addJob(pool, { id, account: "anna", kind, request: { path: "/srv" } });
  await add("of a folder", packPathsKind("g"));
  await add("of a door", "pinning:pin");
  expect(await findUpload(pool, { id: "of a folder", account: "anna" })).toMatchObject({ request: { path: "/srv" } });
  for (const of of [
    { id: "of a door", account: "anna" },
    { id: "of a folder", account: "bert" },
    { id: "of nobody", account: "anna" },
  ])
    await expect(findUpload(pool, of)).rejects.toMatchObject({ code: "unknown-job" });
});
