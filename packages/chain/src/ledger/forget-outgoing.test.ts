import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forgetOutgoing } from "./forget-outgoing.ts";
import { OUTGOING_MIGRATIONS, postgresOutgoingStore } from "./postgres-outgoing-store.ts";

const ACCOUNT = { chainId: 1, sender: `0x${"aa".repeat(20)}` } as const;
const DAY = 86_400;

describe("forgetOutgoing", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ migrations: [OUTGOING_MIGRATIONS] });
  });
  afterAll(() => database?.drop());

  it("forgets what was mined long ago, but nothing that may still be sent, and no id that is used once for all", async () => {
    const store = postgresOutgoingStore(database.pool);
    const ids = ["open-period:0x1:7", "vote:young", "claim:pending", "faucet:0x1:0x2", "deploy:StorageDeals"];
    for (const [nonce, id] of ids.entries()) {
      const signed = { raw: "0x00", hash: `0x${"0".repeat(63)}${nonce}` } as const;
      await store.insert({ ...ACCOUNT, id, nonce, ...signed, earlier: [], signedAtBlock: 1 });
      if (id !== "claim:pending") await store.finish(ACCOUNT, id, { transaction: signed.hash, block: 2, ok: true });
    }
    await database.pool.query(
      "update outgoing_transactions set signed_at = now() - interval '40 days' where submission <> 'vote:young'",
    );
    expect(await forgetOutgoing(database.pool, 30 * DAY)).toBe(1);
    expect(await store.find(ACCOUNT, "open-period:0x1:7")).toBeUndefined();
    for (const id of ids.slice(1)) expect(await store.find(ACCOUNT, id)).toBeDefined();
    expect(await forgetOutgoing(database.pool, 30 * DAY)).toBe(0);
  });
});
