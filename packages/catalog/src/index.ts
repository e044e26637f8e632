export * from "./events.ts";
export { catalogMigrations } from "./migrations.ts";
export * from "./outbox.ts";
export { inTransaction, type Queryable } from "./queryable.ts";
