import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    cairnPostgres: pg.PoolConfig;
  }
}

/** Vitest's global setup: one embedded server for the whole run, without durability, as no test that uses it kills it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), "cairn-test-"));
  const server = await startPostgres({
    directory,
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_wal_size: "4GB" },
  });
  project.provide("cairnPostgres", server.connect("postgres"));
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
