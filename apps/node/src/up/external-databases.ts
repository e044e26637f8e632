import { join } from "node:path";
import { describeTarget } from "@cairn/database";
import { CairnError } from "@cairn/protocol";
import { doorDirectory } from "../home/door-home.ts";
import { type Home, readIfWhole } from "../home/home.ts";

interface Configured {
  database: unknown;
}

const isConfigured = (value: unknown): value is Configured =>
  typeof value === "object" && value !== null && "database" in value;

/**
 * Where the databases of a home are that its last start found on another server (HOST:PORT/NAME, without user and password), by the
 * configurations that it gave its processes. Empty where the home has its own, and where it was never started.
 */
export async function externalDatabases(home: Home): Promise<string[]> {
  const found = new Set<string>();
  for (const directory of [home.gateway, home.chain, doorDirectory(home, "downstream")]) {
    const database = (await readIfWhole(join(directory, "config.json"), isConfigured))?.database;
    const url =
      typeof database === "string" ? database : (database as { connectionString?: unknown } | null)?.connectionString;
    if (typeof url === "string") found.add(describeTarget(url));
  }
  return [...found];
}

/** @throws CairnError `database-url-missing` when the home's database is on another server */
export async function requireOwnDatabase(home: Home): Promise<void> {
  const [database] = await externalDatabases(home);
  if (database === undefined) return;
  throw new CairnError(`the database of ${home.directory} is ${database}, and DATABASE_URL is not set`, {
    code: "database-url-missing",
    kind: "input",
    details: { database },
    next: "Set DATABASE_URL as before, as an empty database would begin another network; for one of its own choose another home with --home.",
  });
}
