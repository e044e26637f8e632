import type { Leases } from "@cairn/catalog";
import type { BlobStore, Clock, Deployment, Ledger, Transport } from "@cairn/core";
import type { Address, DealId, Hex, Signed } from "@cairn/protocol";
import type { Pool } from "pg";
import type { EndedCheck } from "./check-package.ts";
import type { Finding } from "./check-shard.ts";
import type { ProofInbox } from "./proof-inbox.ts";

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
  /** Connections for what users ask of the API, so that they take none of those by which periods are judged and proofs recorded; `pool` unless set. */
  requestPool?: Pool;
  /** Signs as the executor: opens periods, fails, claims and closes. */
  ledger: Ledger;
  deployment: Deployment;
  verifierSet: Hex;
  quorum: number;
  verifiers: Verifier[];
  transport: Transport & { connected?(): Address[] };
  /** The chain's time. */
  clock: Clock;
  /** Verdict leaf files by their sha256. */
  leafFiles: BlobStore;
  /** Whose turn each part of a round is, among the gateways of one database; without them it is this process's. */
  leases?: Pick<Leases, "holder" | "stand">;
  /** Signs range reads as the audience of the owners' capabilities; without it, no reads are sampled. */
  signTicket?: TicketSigner;
  /** A mined transaction as it was signed, undefined where the chain does not know it any more; without it, roots are kept without votes. */
  readTransaction?(hash: Hex): Promise<Hex | undefined>;
}

/** Signs a range read of a deal's shard. */
export type TicketSigner = (deal: DealId, offset: number, length: number) => Promise<Signed<"ReadTicket">>;

/** What one audit remembers while it runs. */
export interface WorkingContext extends AuditContext {
  inbox: ProofInbox;
  /** Periods whose missing answers are being asked for again, or have been. */
  probes: Map<number, { done: boolean }>;
  /** Period in which reads were sampled last. */
  sampledPeriod: number | undefined;
  /** Reads of a deal in a row that were refused for their time. */
  untimely: Map<DealId, number>;
  /** Shards that a check has their holders re-read now: other checks of the same take what comes of it. */
  scrubs: Map<DealId, Promise<Finding>>;
  /** Checks that are under way in this process. */
  runningChecks: Set<string>;
  /** Checks that have ended and whose results are not in the database yet, by id. */
  endedChecks: Map<string, EndedCheck>;
  /** When the verifiers were last known to listen, in milliseconds of the clock's monotonic time. */
  listenedAt: number | undefined;
  /** When two looks at the chain lie further apart than this, the verifiers were away in between. */
  absentAfterSeconds: number;
  /** Records a notice, at most once in ten minutes under one key: for what comes again each period or block. */
  tellOnce(key: string, notice: Notice): Promise<void>;
}
