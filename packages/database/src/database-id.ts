import type pg from "pg";
import { migrate } from "./migrate.ts";

/** Goes with the database's content: a dump that is restored elsewhere is the same database. */
const IDENTITY = [
  {
    name: "0001-identity",
    sql: `
create table cairn_identity (only_row boolean primary key default true check (only_row), id uuid not null);
insert into cairn_identity (id) values (gen_random_uuid());
`,
  },
];

/** What a database is called by what is stored in it, whatever its address; undefined where it has no id. Writes nothing. */
export async function findDatabaseId(pool: pg.Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ there: boolean }>("SELECT to_regclass('cairn_identity') IS NOT NULL AS there");
  if (!rows[0]?.there) return undefined;
  const found = await pool.query<{ id: string }>("SELECT id FROM cairn_identity");
  return found.rows[0]?.id;
}

/** The id of a database, which is given one if it has none. */
export async function ensureDatabaseId(pool: pg.Pool): Promise<string> {
  await migrate(pool, "identity", IDENTITY);
  return (await findDatabaseId(pool))!;
}
