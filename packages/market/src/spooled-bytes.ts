import type { PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";

/** Bytes that the spool holds of these packages: pieces, and shards that are rebuilt. */
export async function spooledBytes({ spool }: Pick<Context, "spool">, ids: readonly PackageId[]): Promise<number> {
  let sum = 0;
  for (const id of ids) sum += await spool.bytes(id);
  return sum;
}
