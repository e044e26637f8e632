import { catalogMigrations } from "@cairn/catalog";
import { ManualClock } from "@cairn/core";
import { migrate } from "@cairn/database";
import { testDatabase } from "@cairn/database/testing";
import { expect, it } from "vitest";
import { accountsMigrations } from "./migrations.ts";
import { hashSecret } from "./secrets.ts";
import { principalOfToken } from "./tokens/principal-of-token.ts";
import { listWallets } from "./wallets/list-wallets.ts";

it("takes over the tokens and the wallet of a home that had one account", async () => {
  const { pool, drop } = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  try {
    const owner = `0x${"1".repeat(40)}`;
    await pool.query("insert into catalog.accounts (id, owner) values ('local', $1)", [owner]);
    const token = "insert into catalog.tokens (hash, account, label, revoked_at) values ($1, 'local', 'home', $2)";
    await pool.query(token, [hashSecret("good"), null]);
    await pool.query(token, [hashSecret("gone"), new Date()]);
    await migrate(pool, "accounts", accountsMigrations);
    const context = { pool, clock: new ManualClock(1_800_000_000) };
    expect(await principalOfToken(context, "good")).toMatchObject({
      account: "local",
      scopes: ["read", "write", "admin", "operate"],
    });
    expect(await principalOfToken(context, "gone")).toBeUndefined();
    expect(await listWallets(pool, "local")).toMatchObject([{ address: owner, kind: "client", isDefault: true }]);
  } finally {
    await drop();
  }
});
