import { auditMigrations } from "@cairn/audit";
import { catalogMigrations } from "@cairn/catalog";
import { testDatabase } from "@cairn/database/testing";
import { expect, it } from "vitest";
import type { GatewayContext } from "./gateway-context.ts";
import { currentStatus } from "./public-routes.ts";

it("counts a provider that retired among neither the known nor the connected", async () => {
  const database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  try {
    const [serving, away, retired] = ["11", "22", "33"].map((byte) => `0x${byte.repeat(20)}`);
    for (const provider of [serving, away, retired]) {
      await database.pool.query(
        `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active,
           updated_block) values ($1, $1, $1, 1, 1, 0, 0, '', '', $2, 1)`,
        [provider, provider !== retired],
      );
    }
    const gateway = {
      pool: database.pool,
      ledger: {
        latest: async () => ({ number: 1, timestamp: 1_800_000_000 }),
        deployment: { genesisTime: 1_800_000_000, periodSeconds: 3600 },
      },
      network: { version: "0.1.0" },
      profile: { name: "local" },
      startedAt: Date.now(),
      transport: { connected: () => [serving, retired] },
    } as unknown as GatewayContext;
    expect(await currentStatus(gateway)).toMatchObject({ providers: 2, providersConnected: 1 });
    await database.pool.query("insert into catalog.accounts (id) values ('a')");
    // One that ends is neither one of them nor wounded.
    for (const [n, state] of ["STORED", "STORED", "DEGRADED", "LOST", "ENDING", "REMOVED"].entries()) {
      await database.pool.query(
        `insert into catalog.packages (id, account, owner, state, name_hash, label, layout, k, n, mask, days, verifier_set)
         values ($1, 'a', $2, $3, $4, '', 'private', 2, 4, 'none', 1, '0x')`,
        [n.toString(16).padStart(32, "0"), retired, state, Buffer.alloc(32, n)],
      );
    }
    expect(await currentStatus(gateway)).toMatchObject({ packages: 4, atFullStrength: 2, lost: 1 });
  } finally {
    await database.drop();
  }
});
