import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PackageLocks } from "./package-locks.ts";

const ID = "a".repeat(32);
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const gate = () => Promise.withResolvers<void>();

describe("PackageLocks", () => {
  it("lets one holder in at a time, over two processes' connections", async () => {
    const [here, there] = [new PackageLocks(database.pool), new PackageLocks(database.pool)];
    const { promise, resolve } = gate();
    const first = here.tryRun(ID, new AbortController(), () => promise);
    await new Promise((done) => setTimeout(done, 100));
    const never = async () => {
      throw new Error("never");
    };
    expect(await here.tryRun(ID, new AbortController(), never)).toBe(false);
    expect(await there.tryRun(ID, new AbortController(), never)).toBe(false);
    let other = false;
    await there.tryRun("b".repeat(32), new AbortController(), async () => {
      other = true;
    });
    expect(other).toBe(true);
    resolve();
    expect(await first).toBe(true);
    expect(await there.tryRun(ID, new AbortController(), async () => undefined)).toBe(true);
    await Promise.all([here.close(), there.close()]);
  });

  it("interrupts who runs when the connection is lost, and goes on with a new one", async () => {
    const locks = new PackageLocks(database.pool);
    const interrupt = new AbortController();
    const running = locks.tryRun(
      ID,
      interrupt,
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const refused = expect(running).rejects.toThrow();
    await new Promise((done) => setTimeout(done, 100));
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() and database = (select oid from pg_database where datname = current_database())",
    );
    await refused;
    expect(interrupt.signal.aborted).toBe(true);
    // The server tells of the end before it lets the locks go.
    await vi.waitFor(async () =>
      expect(await locks.tryRun(ID, new AbortController(), async () => undefined)).toBe(true),
    );
    await locks.close();
  });
});
