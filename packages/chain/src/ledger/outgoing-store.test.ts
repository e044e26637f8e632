import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileOutgoingStore } from "./file-outgoing-store.ts";
import type { OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";
import { OUTGOING_MIGRATIONS, postgresOutgoingStore } from "./postgres-outgoing-store.ts";

const account = { chainId: 26170, sender: `0x${"aa".repeat(20)}` as Hex };
const other = { chainId: 26170, sender: `0x${"bb".repeat(20)}` as Hex };
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;

function transaction(id: string, nonce: number, change: Partial<OutgoingTransaction> = {}): OutgoingTransaction {
  return { ...account, id, nonce, raw: "0x02c0", hash: hash("01"), earlier: [], signedAtBlock: 5, ...change };
}

/** The contract of the OutgoingStore port; `reopen` gives a second view of the same storage, as after a restart. */
function outgoingStoreSuite(
  name: string,
  make: () => Promise<{ store: OutgoingStore; reopen: () => OutgoingStore }>,
): void {
  describe(name, () => {
    it("keeps what it was given over a restart", async () => {
      const { store, reopen } = await make();
      const first = transaction("a/../b \u0000".replace("\u0000", "ü"), 0, { earlier: [hash("02")] });
      expect(await store.find(account, first.id)).toBeUndefined();
      expect(await store.insert(first)).toBe("stored");
      expect(await reopen().find(account, first.id)).toEqual(first);
      expect(await reopen().find(other, first.id)).toBeUndefined();
    });

    it("refuses a second use of an id or of a nonce, per account", async () => {
      const { store } = await make();
      expect(await store.insert(transaction("a", 0))).toBe("stored");
      expect(await store.insert(transaction("a", 1))).toBe("id-taken");
      expect(await store.insert(transaction("b", 0))).toBe("nonce-taken");
      expect(await store.insert({ ...transaction("a", 0), ...other })).toBe("stored");
      expect(await store.insert({ ...transaction("a", 0), chainId: 1 })).toBe("stored");
    });

    it("finishes one transaction for two that ask at once", async () => {
      const { store, reopen } = await make();
      await store.insert(transaction("a", 0));
      const outcome = { transaction: hash("01"), block: 9, ok: true };
      await Promise.all(Array.from({ length: 8 }, () => store.finish(account, "a", outcome)));
      expect((await reopen().find(account, "a"))?.outcome).toEqual(outcome);
      expect(await reopen().pending(account)).toEqual([]);
    });

    it("lists what is pending by nonce, and no more once it is finished or removed", async () => {
      const { store, reopen } = await make();
      for (const [id, nonce] of [
        ["c", 12],
        ["a", 2],
        ["b", 3],
      ] as const)
        await store.insert(transaction(id, nonce));
      expect((await reopen().pending(account)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
      const outcome = { transaction: hash("01"), block: 9, ok: false, revert: "not open", created: other.sender };
      await store.finish(account, "a", outcome);
      await store.remove(account, "b");
      await store.remove(account, "a");
      expect((await reopen().pending(account)).map(({ id }) => id)).toEqual(["c"]);
      expect((await reopen().find(account, "a"))?.outcome).toEqual(outcome);
      expect(await reopen().find(account, "b")).toBeUndefined();
      expect(await store.insert(transaction("a", 50))).toBe("id-taken");
      expect(await store.insert(transaction("d", 3))).toBe("stored");
    });

    it("replaces what was signed, and forgets no hash", async () => {
      const { store, reopen } = await make();
      await store.insert(transaction("a", 0));
      const dearer = transaction("a", 0, { raw: "0x02c1", hash: hash("02"), earlier: [hash("01")], signedAtBlock: 8 });
      expect(await store.update(dearer, 0)).toBe(true);
      expect(await reopen().find(account, "a")).toEqual(dearer);
      const renumbered = transaction("a", 7, { hash: hash("03"), signedAtBlock: 20 });
      expect(await store.update(renumbered, 0)).toBe(true);
      expect(await reopen().find(account, "a")).toEqual(renumbered);
      // Whoever still takes it for the one with the first nonce changes nothing.
      expect(await reopen().update(transaction("a", 9, { hash: hash("04") }), 0)).toBe(false);
      expect(await reopen().find(account, "a")).toEqual(renumbered);
      await store.finish(account, "a", { transaction: hash("03"), block: 30, ok: true });
      expect(await store.update(renumbered, 7)).toBe(false);
    });
  });
}

let database: TestDatabase;
let directory: string;
let count = 0;
beforeAll(async () => {
  database = await testDatabase({ migrations: [OUTGOING_MIGRATIONS] });
  directory = await mkdtemp(join(tmpdir(), "cairn-outgoing-"));
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

outgoingStoreSuite("postgresOutgoingStore", async () => {
  await database.pool.query("TRUNCATE outgoing_transactions");
  const open = () => postgresOutgoingStore(database.pool);
  return { store: open(), reopen: open };
});

outgoingStoreSuite("fileOutgoingStore", async () => {
  const root = join(directory, String(count++));
  const open = () => fileOutgoingStore(root);
  return { store: open(), reopen: open };
});
