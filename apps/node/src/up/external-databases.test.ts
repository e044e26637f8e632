import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Home, homeAt, writeWhole } from "../home/home.ts";
import { externalDatabases } from "./external-databases.ts";
import { openDatabases } from "./open-databases.ts";

let home: Home;
beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), "cairn-external-")));
  vi.stubEnv("DATABASE_URL", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home.directory, { recursive: true, force: true });
});

const supervisor = {
  start: async () => {
    throw new Error("a database of the home's own was started");
  },
} as never;

it("a home whose database is on another server begins none of its own", async () => {
  await writeWhole(
    join(home.gateway, "config.json"),
    JSON.stringify({ database: "postgres://u:secret@db.example:5433/cairn?sslmode=require" }),
  );
  await writeWhole(
    join(home.chain, "config.json"),
    JSON.stringify({ database: { connectionString: "postgres://u:secret@db.example:5433/cairn_chain" } }),
  );
  expect(await externalDatabases(home)).toEqual(["db.example:5433/cairn", "db.example:5433/cairn_chain"]);
  const refused: unknown = await openDatabases(supervisor, home, true).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "database-url-missing",
    message: expect.stringMatching(/db\.example:5433\/cairn, and DATABASE_URL is not set/),
    next: expect.stringContaining("DATABASE_URL"),
  });
  expect(JSON.stringify(refused)).not.toContain("secret");
});

it("any other home begins its own", async () => {
  const begun = /of the home's own was started/;
  await expect(openDatabases(supervisor, home, true)).rejects.toThrow(begun);
  await writeWhole(join(home.gateway, "config.json"), JSON.stringify({ database: { host: "/run", database: "x" } }));
  expect(await externalDatabases(home)).toEqual([]);
  await expect(openDatabases(supervisor, home, true)).rejects.toThrow(begun);
});
