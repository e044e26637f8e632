import { existsSync } from "node:fs";
import { join } from "node:path";
import { type DatabaseTarget, describeTarget, ensureDatabaseId, findDatabaseId, openDatabase } from "@cairn/database";
import { CairnError } from "@cairn/protocol";
import { type Home, readChecked, writeWhole } from "../home/home.ts";

/** Databases of a home, by what they are for. */
type Purpose = "gateway" | "chain";
/** Ids that are stored in the databases themselves: they go with the content, wherever it is moved. */
type KnownIds = Partial<Record<Purpose, string>>;

const isKnownIds = (value: unknown): value is KnownIds =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((id: unknown) => typeof id === "string" && id !== "");

/**
 * Hold a database against the one that the home was used with, by the id that is stored in it. A home that knows none yet
 * takes it for its own. Nothing is written to one that is refused.
 * @throws CairnError `database-differs`, and those of openDatabase
 */
export async function requireSameDatabase(home: Home, purpose: Purpose, target: DatabaseTarget): Promise<void> {
  const known = (await readChecked(home.databasesFile, isKnownIds)) ?? {};
  const database = await openDatabase(target);
  try {
    const expected = known[purpose];
    if (expected === undefined) return await remember(home, known, purpose, await ensureDatabaseId(database.pool));
    const found = await findDatabaseId(database.pool);
    if (found === expected) return;
    const { rows } = await database.pool.query<{ name: string }>("SELECT current_database() AS name");
    const where = typeof target === "string" ? describeTarget(target) : rows[0]?.name;
    const what = found === undefined ? "has nothing of it" : "belongs to another home";
    throw new CairnError(
      `the database ${where} is not the one that ${home.directory} was used with: it ${what}, and would begin or join another network`,
      {
        code: "database-differs",
        kind: "conflict",
        details: { purpose, expected, found: found ?? null },
        next:
          typeof target === "string"
            ? "Set DATABASE_URL to the database that this home was used with, or restore its dump into this one; for another network choose another home with --home."
            : `Put ${home.postgres} back as it was, or the home from a backup (\`cairn restore\`); for another network choose another home with --home.`,
      },
    );
  } finally {
    await database.close();
  }
}

/**
 * A home that has had a database of its own has its files: beginning an empty one in their place would begin another network.
 * @throws CairnError `database-differs`
 */
export async function requireOwnFiles(home: Home): Promise<void> {
  const known = await readChecked(home.databasesFile, isKnownIds);
  if (known === undefined || Object.keys(known).length === 0 || existsSync(join(home.postgres, "cluster/data"))) return;
  throw new CairnError(`the database of ${home.directory} is gone: there is nothing in ${home.postgres}`, {
    code: "database-differs",
    kind: "conflict",
    details: { found: null },
    next: `Put ${home.postgres} back (is a disk not mounted?), or the home from a backup (\`cairn restore\`); for another network choose another home with --home.`,
  });
}

async function remember(home: Home, known: KnownIds, purpose: Purpose, id: string): Promise<void> {
  if (known[purpose] !== id) await writeWhole(home.databasesFile, `${JSON.stringify({ ...known, [purpose]: id })}\n`);
}
