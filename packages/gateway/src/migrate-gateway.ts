import { accountsMigrations } from "@cairn/accounts";
import { auditMigrations } from "@cairn/audit";
import { catalogMigrations } from "@cairn/catalog";
import { OUTGOING_MIGRATIONS } from "@cairn/chain";
import { migrate } from "@cairn/database";
import type { Pool } from "pg";
import { chainProofMigrations } from "./relay-proof.ts";
import { registrationMigrations } from "./relay-registration.ts";

/** Brings every table of the gateway, its doors' aside, to where this version needs it. */
export async function migrateGateway(pool: Pool): Promise<void> {
  await migrate(pool, OUTGOING_MIGRATIONS.namespace, OUTGOING_MIGRATIONS.migrations);
  await migrate(pool, "catalog", catalogMigrations);
  await migrate(pool, "accounts", accountsMigrations);
  await migrate(pool, "audit", auditMigrations);
  await migrate(pool, "gateway", [...registrationMigrations, ...chainProofMigrations]);
}
