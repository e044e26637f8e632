import type {
  Address,
  DealId,
  DealState,
  Hex,
  Mandate,
  Message,
  Money,
  Quote,
  Registration,
  Seconds,
  SigningContext,
  VerdictLeaf,
} from "@cairn/protocol";
import type { PeriodClock } from "../periods.ts";

/** What every process reads from the contracts once. */
export interface Deployment extends SigningContext, PeriodClock {
  ledger: Address;
  disputePeriods: number;
  voteWindowPeriods: number;
  proposalSeconds: number;
  /** Block in which the contracts were deployed: where indexing begins. */
  deployedAt: number;
}

export interface ProviderRecord {
  provider: Address;
  hot: Address;
  payout: Address;
  capacity: bigint;
  /** Wei per GiB-day. */
  priceFloor: Money;
  egressPrice: Money;
  duty: bigint;
  region: string;
  endpoint: string;
  active: boolean;
  /** Takes the place of `payout` later; undefined when no change is under way. */
  pendingPayout?: Address;
  /** The nonce of the next message that the cold key signs. */
  nextNonce: bigint;
}

export interface DealRecord {
  deal: DealId;
  state: DealState;
  quote: Quote;
  escrow: Money;
  paidPeriods: number;
  /** Periods of a COMPLETED deal whose pay waits for the leaf that decides it. */
  heldPeriods: number;
  provenCount: number;
  receiptTime: Seconds;
  /** Block of the receipt; the activation seed is the hash of a later one. */
  receiptBlock: number;
  deadline: Seconds;
  /** The period in which the deal ends, an owner's notice counted; 0 before the receipt. */
  lastPeriod: number;
  /** Paid by the package's reserve, as a repair is. */
  fromReserve: boolean;
}

/** One put as the chain holds it: who owns it and who may act for the owner within the mandate. */
export interface PackageRecord {
  documentHash: Hex;
  owner: Address;
  executor: Address;
  verifierSet: Hex;
  k: number;
  n: number;
  shardsRoot: Hex;
  reserve: Money;
  /** Initial escrow taken from the owner's balance so far. */
  escrowed: Money;
  expiry: Seconds;
  /** Deals that are PROPOSED or ACTIVE. */
  liveDeals: number;
  /** The last period of a terminated package; 0 until then. */
  lastPeriod: number;
}

export interface Head {
  number: number;
  hash: Hex;
  timestamp: Seconds;
}

/** A head that no reorganisation can take back; a type apart so that money never acts on `latest`. */
export interface FinalizedHead extends Head {
  readonly finalized: true;
}

/** Decoded contract events, by the name they have in the contracts. */
export type LedgerEvent = { block: number; logIndex: number; transaction: Hex; time: Seconds } & (
  | { name: "ProviderRegistered"; provider: Address }
  | { name: "ProviderRetired"; provider: Address }
  /** Shard-periods since the deal's last log, under the verdict of the deal's verifier set. */
  | { name: "WorkLogged"; provider: Address; set: Hex; deal: DealId; fulfilled: bigint; committed: bigint }
  | { name: "Deposited"; account: Address; amount: Money }
  | { name: "Withdrawn"; account: Address; amount: Money }
  | { name: "PackageCreated"; documentHash: Hex; owner: Address; executor: Address; reserve: Money }
  | {
      name: "DealProposed";
      deal: DealId;
      documentHash: Hex;
      provider: Address;
      piece: number;
      shard: number;
      escrow: Money;
      deadline: Seconds;
      commitment: Hex;
      rawLength: bigint;
      pricePerPeriod: Money;
      periods: number;
      duty: bigint;
      verifierSet: Hex;
      owner: Address;
    }
  | { name: "DealReceived"; deal: DealId; time: Seconds }
  | { name: "DealStateChanged"; deal: DealId; state: DealState }
  /** `payee`: whose balance grew, the provider's payout at that time. */
  | { name: "DealPaid"; deal: DealId; provider: Address; payee: Address; amount: Money; periods: number }
  | { name: "DealRefunded"; deal: DealId; amount: Money; toReserve: boolean }
  /** Every ACTIVE deal of the package ends with `lastPeriod` at the latest; its PROPOSED ones can only be cancelled. */
  | { name: "PackageTerminated"; documentHash: Hex; owner: Address; lastPeriod: number }
  | { name: "ReserveReleased"; documentHash: Hex; owner: Address; amount: Money }
  | { name: "PeriodOpened"; period: number }
  | { name: "SeedDrawn"; period: number; seed: Hex }
  | { name: "Voted"; set: Hex; period: number; verifier: Address; root: Hex }
  | { name: "PeriodFinalized"; set: Hex; period: number; root: Hex; leafFileHash: Hex; leaves: number }
  | { name: "PossessionProven"; deal: DealId; period: number }
);

/** What names a package on chain: the same document hash under another owner is another package. */
export interface PackageRef {
  owner: Address;
  documentHash: Hex;
}

/** A transaction known by the caller's own id: sending the same id twice sends one transaction. */
export interface Submission {
  /** Unique for the key that sends, chosen by the caller, stable over restarts; used up once a transaction that was sent under it had its effect. */
  id: string;
  /**
   * When to resolve: once a finalized block holds it, unless set; or as soon as any block does, for what moves no money and what is followed up
   * anyway. Either way it is sent again until it is final.
   */
  until?: SubmissionStage;
}

export type SubmissionStage = "included" | "finalized";

export interface SubmissionResult {
  transaction: Hex;
  block: number;
  /** False when it was mined and the contract refused it, as the state had changed since it was tried: sent again, its id is tried anew, a few times at most. */
  ok: boolean;
  /** Decoded revert reason when not ok. */
  revert?: string;
}

/**
 * The contracts as the engine sees them, on any EVM chain. Reads are of the latest block, unless they say finalized. Writes are idempotent by
 * submission id and wait until finalized. They throw `reverted` (details: error, args) when a trial run is refused, `insufficient-funds`,
 * `no-key` (the ledger was opened to read): nothing was sent and the id is free. They throw `chain-unreachable`, `stopping` and
 * `transaction-unknown` after which the same id takes up what was sent.
 */
export interface Ledger {
  readonly deployment: Deployment;
  latest(): Promise<Head>;
  finalized(): Promise<FinalizedHead>;
  /** The chain's time now: what the next block would have, as far as the chain says. */
  present(): Promise<Seconds>;
  /**
   * Resolves when there may be a block after `after`: as soon as it is made where the chain tells of it, otherwise after a pause; in any case
   * within ten seconds, and when `signal` aborts. Never rejects.
   */
  nextBlock(after: number, signal?: AbortSignal): Promise<void>;
  blockHash(number: number): Promise<Hex>;
  /** The block that opened a period: its hash becomes the seed. */
  openedIn(period: number): Promise<number | undefined>;
  seed(period: number): Promise<Hex | undefined>;
  provider(address: Address): Promise<ProviderRecord | undefined>;
  deal(id: DealId): Promise<DealRecord | undefined>;
  /** Free deposit or payout credit of an address in StorageDeals. */
  balance(account: Address): Promise<Money>;
  packageReserve(of: PackageRef): Promise<Money>;
  /** The package that its owner had proposed, or undefined. */
  package(of: PackageRef): Promise<PackageRecord | undefined>;
  /** Coins of the account that signs and pays gas. */
  gasBalance(account: Address): Promise<Money>;
  isProven(deal: DealId, period: number): Promise<boolean>;
  /** The PROPOSED or ACTIVE deal on a shard, if there is one. */
  liveDealAt(of: PackageRef, piece: number, shard: number): Promise<DealId | undefined>;
  /** The latest period of which a set has a final root; 0 when it has none. */
  newestFinal(set: Hex): Promise<number>;
  finalizedRoot(set: Hex, period: number): Promise<{ root: Hex; leafFileHash: Hex; leaves: number } | undefined>;
  /** Members and quorum of a registered verifier set. */
  verifierSet(set: Hex): Promise<{ verifiers: Address[]; quorum: number } | undefined>;
  /** Events of finalized blocks in (block, logIndex) order from block `from`; `next` is where to go on. */
  events(from: number, limitBlocks?: number): Promise<{ events: LedgerEvent[]; next: number; head: FinalizedHead }>;

  register(s: Submission, registration: Registration, coldSignature: Hex): Promise<SubmissionResult>;
  retire(s: Submission, nonce: bigint, deadline: bigint, coldSignature: Hex): Promise<SubmissionResult>;
  deposit(s: Submission, owner: Address, amount: Money): Promise<SubmissionResult>;
  withdraw(s: Submission, amount: Money): Promise<SubmissionResult>;
  propose(
    s: Submission,
    mandate: Mandate,
    ownerSignature: Hex,
    quotes: Quote[],
    hotSignatures: Hex[],
    paths: Hex[][],
  ): Promise<SubmissionResult>;
  recordReceipts(s: Submission, deals: DealId[], hotSignatures: Hex[]): Promise<SubmissionResult>;
  activate(
    s: Submission,
    deals: DealId[],
    seed: Hex,
    proofHashes: Hex[],
    verifierSignatures: Hex[][],
  ): Promise<SubmissionResult>;
  cancel(s: Submission, deals: DealId[]): Promise<SubmissionResult>;
  expire(s: Submission, deals: DealId[]): Promise<SubmissionResult>;
  terminate(s: Submission, termination: Message<"Termination">, ownerSignature: Hex): Promise<SubmissionResult>;
  claim(s: Submission, leaves: VerdictLeaf[], paths: Hex[][]): Promise<SubmissionResult>;
  close(s: Submission, leaf: VerdictLeaf, path: Hex[]): Promise<SubmissionResult>;
  /** Ends a deal that nobody closed within 30 days of its end; what a final root decides is held for its leaf. */
  closeVoid(s: Submission, deal: DealId): Promise<SubmissionResult>;
  fail(s: Submission, leaf: VerdictLeaf, path: Hex[]): Promise<SubmissionResult>;
  releaseReserve(s: Submission, of: PackageRef): Promise<SubmissionResult>;
  registerSet(s: Submission, verifiers: Address[], quorum: number): Promise<SubmissionResult>;
  openPeriod(s: Submission): Promise<SubmissionResult>;
  /** Draw the seed of a period that was opened in an earlier block. */
  drawSeed(s: Submission, period: number): Promise<SubmissionResult>;
  vote(
    s: Submission,
    set: Hex,
    period: number,
    root: Hex,
    leafFileHash: Hex,
    leaves: number,
  ): Promise<SubmissionResult>;
  provePossession(
    s: Submission,
    deal: DealId,
    period: number,
    leaves: Hex[],
    siblings: Hex[],
  ): Promise<SubmissionResult>;
}
