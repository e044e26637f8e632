import type { PoolClient } from "pg";
import type { Encoding } from "../pool/encode.ts";
import type { Scheme } from "../scheme.ts";

/** Puts encodings of a file into the pool. `fileId` is decimal. */
export async function insertChunks(
  client: PoolClient,
  fileId: string,
  scheme: Scheme,
  encodings: readonly Encoding[],
): Promise<void> {
  for (const { tag, root, seed, rounds, state } of encodings) {
    await client.query(
      `insert into downstream.chunks (file_id, scheme, tag, root, seed, rounds, state)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [fileId, scheme, tag, root, seed, rounds, state],
    );
  }
}
