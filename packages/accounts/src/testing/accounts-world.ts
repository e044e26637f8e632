import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { ManualClock } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { AccountsContext } from "../accounts-context.ts";
import { accountsMigrations } from "../migrations.ts";
import { HOME_ACCOUNT, keepHomeToken } from "../tokens/keep-home-token.ts";

export const HOME_SECRET = "h".repeat(43);
export const PASSWORD = "four words of nothing";
export const SIGNING = { chainId: 31, deals: `0x${"aa".repeat(20)}`, registry: `0x${"bb".repeat(20)}` } as const;
/** A Sunday in 2026. */
const START = 1_795_953_600;

export interface AccountsWorld extends AccountsContext {
  clock: ManualClock;
  database: TestDatabase;
  /** A package of an account, in a state. */
  storePackage(id: string, account: string, state: string): Promise<void>;
}

/** The tables as a gateway has them, the home's account with its token, and time that goes on when told to. */
export async function accountsWorld(): Promise<AccountsWorld> {
  const database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "accounts", migrations: accountsMigrations },
    ],
  });
  const { pool } = database;
  await keepHomeToken(pool, HOME_SECRET);
  return {
    pool,
    database,
    clock: new ManualClock(START),
    async storePackage(id, account, state) {
      await ensureAccount(pool, account);
      await pool.query(
        `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
         values ($1, $2, $3, decode($4, 'hex'), '', $5, 1, 3, 'none', 'private', 1, '0x')`,
        [id, account, `0x${"2".repeat(40)}`, id.repeat(2), state],
      );
    },
  };
}

export { HOME_ACCOUNT };
