import type { Audit } from "@cairn/audit";
import type { Projection } from "@cairn/catalog";
import { type IndexerOptions, runIndexer } from "@cairn/chain";

export interface KeepIndexingOptions {
  ledger: IndexerOptions["ledger"];
  catalog: Projection;
  audit: Pick<Audit, "projection">;
  /** Where blocks are not announced, how often to look. */
  pollMilliseconds: number;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
}

/** Has the catalog and the audit follow the chain, each at its own pace, until `signal` aborts. */
export async function keepIndexing(options: KeepIndexingOptions): Promise<void> {
  const { ledger, catalog, audit, pollMilliseconds, signal, log } = options;
  const onTrouble = (error: { message: string }, pause: number) =>
    log.warn({ error: error.message, pause }, "the indexer tries again");
  await Promise.all(
    [catalog, audit.projection].map((target) => runIndexer({ ledger, target, signal, pollMilliseconds, onTrouble })),
  );
}
