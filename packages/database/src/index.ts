export { databaseAway } from "./database-away.ts";
export { ensureDatabaseId, findDatabaseId } from "./database-id.ts";
export { ensureDatabase } from "./ensure-database.ts";
export { inTransaction } from "./in-transaction.ts";
export { type Migration, type MigrationSet, migrate } from "./migrate.ts";
export {
  type DatabaseTarget,
  describeTarget,
  type OpenDatabase,
  type OpenDatabaseOptions,
  openDatabase,
} from "./open-database.ts";
export { siblingDatabase } from "./sibling-database.ts";
export { type RunningPostgres, type StartPostgresOptions, startPostgres } from "./start-postgres.ts";
