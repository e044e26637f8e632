import { inTransaction } from "@cairn/database";
import type { NodeContext } from "../node-context.ts";
import type { EncodedContent } from "../pool/encode.ts";
import type { Scheme } from "../scheme.ts";
import { insertChunks } from "./insert-chunks.ts";

/** Puts a file that RandomIO makes from `seed`, and its encodings, into the pool. */
export async function addSeeded(
  { pool, settings, now }: Pick<NodeContext, "pool" | "settings" | "now">,
  file: { seed: string; size: number; scheme: Scheme },
  { hash, encodings }: EncodedContent,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `insert into downstream.files (hash, seed, size, interval, wanted, added_at)
       values ($1, $2, $3, $4, $5, $6) returning id`,
      [hash, file.seed, file.size, settings.intervalSeconds, settings.redundancy, now()],
    );
    await insertChunks(client, rows[0]!.id, file.scheme, encodings);
  });
}
