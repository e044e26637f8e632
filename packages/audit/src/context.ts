import type { OutboxTopics } from "@cairn/catalog";
import type { Address, BlobStore, DealId, Deployment, Hex, Ledger, Transport } from "@cairn/core";
import type { Pool } from "pg";

/** One verifier key; `ledger` signs with it. */
export interface Verifier {
  address: Address;
  key: Hex;
  ledger: Ledger;
}

/** Something that a person should see. */
export interface Notice {
  kind: string;
  severity: "info" | "warning" | "error";
  message: string;
  next?: string;
  package?: string | null;
  provider?: Address | null;
  deal?: DealId | null;
  data?: Record<string, unknown>;
}

/** What every audit operation works with; given to `createAudit`. */
export interface AuditContext {
  pool: Pool;
  /** Signs as the executor: opens periods, fails, claims and closes. */
  ledger: Ledger;
  deployment: Deployment;
  verifierSet: Hex;
  quorum: number;
  verifiers: Verifier[];
  transport: Transport;
  /** Verdict leaf files by their sha256. */
  leafFiles: BlobStore;
  tell(notice: Notice): Promise<void>;
  /** Hand a matter to the market: `heal` rewrites a damaged shard in place, `lied` keeps it from ever going back to its holder. */
  hand<T extends "heal" | "lied">(topic: T, payload: OutboxTopics[T]): Promise<void>;
}

/** A context whose `tellOnce` keeps what comes again each period or block from being told each time. */
export interface WorkingContext extends AuditContext {
  /** As `tell`, but at most once in ten minutes under one key. */
  tellOnce(key: string, notice: Notice): Promise<void>;
}
