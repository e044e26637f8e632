import type { Pool, PoolClient } from "pg";

/**
 * Run `work` in one transaction: committed when it resolves, rolled back when it throws. A connection that is cut meanwhile fails the
 * query that runs or the next one.
 */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener a cut connection would end the process: the pool listens only to idle ones.
  const onCut = (error: Error) => {
    broken = error;
  };
  client.on("error", onCut);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(onCut);
    throw error;
  } finally {
    client.off("error", onCut);
    client.release(broken);
  }
}
