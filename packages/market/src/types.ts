import type { Leases, PageRequest } from "@cairn/catalog";
import type {
  BlobStore,
  Clock,
  Deployment,
  Ledger,
  PackageState,
  PlacementRule,
  PlacementTerms,
  Profile,
  Random,
  SafetyInputs,
  Transport,
} from "@cairn/core";
import type { Address, DealId, Hex, MaskId, Money, PackageId, Seconds, Signed } from "@cairn/protocol";
import type { Pool } from "pg";

/** The part of pino's interface that is used here. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface MarketDeps {
  pool: Pool;
  ledger: Ledger;
  deployment: Deployment;
  transport: Transport;
  /** Encrypted manifests, kept as long as their package. */
  blobs: BlobStore;
  /** Pieces on their way to providers, and rebuilt shards. */
  spoolDirectory: string;
  /** Id of the spool: packages whose upload lies in another one are left to the gateways that work on that. */
  spoolId: string;
  /** Which package is whose, among the gateways of one database. */
  leases: Pick<Leases, "holder" | "run" | "take" | "release">;
  /** Private key of the executor: signs upload capabilities and read tickets. The ledger sends as the same account. */
  executorKey: Hex;
  profile: Profile;
  verifierSet: Hex;
  clock: Clock;
  /** The chain's time: whatever is signed with an expiry, and whatever has one, and duty windows go by it. Retries go by `clock`. */
  chainNow(): Seconds;
  random: Random;
  log: Log;
  /**
   * Have the verifiers of the set check a first proof and sign its Activation; throws `wrong-proof` (the provider is at fault) or
   * an error of kind `unavailable` when too few verifiers answered.
   */
  attest(deal: DealId, seed: Hex, proof: Uint8Array, signature: Hex): Promise<Hex[]>;
  /** Largest CAR file taken; default MAX_PIECE_BYTES (half of it for k = 1, so that a shard fits a sector). */
  pieceLimit?: number;
  /** Worker threads for commitments; default the machine's cores, at most 4. */
  workers?: number;
}

export type PackageLayout = "private" | "plain" | "unencrypted" | "car";

export type { PackageState } from "@cairn/core";

export interface OpenPackageRequest {
  account: string;
  /** Wallet address that owns and pays. */
  owner: Address;
  /** 32 hex digits of the client's own randomness; opening the same id again with the same terms answers the package as it stands. */
  id: PackageId;
  /** Keyed hash of the name, made by the client. */
  nameHash: Hex;
  /** Name and note, encrypted by the client; at most 4 KiB. */
  label: Uint8Array;
  k: number;
  n: number;
  mask: MaskId;
  layout: PackageLayout;
  /** Whether every account and door of this gateway may read it; only what is not encrypted can be. */
  public?: boolean;
  /** Whether its pieces stay at this gateway beside the deals, so that reading them asks no provider. */
  hot?: boolean;
  /** How long it is to be kept. */
  days: number;
  /** What is demanded of providers, now and whenever a shard is placed anew. */
  placement?: PlacementTerms;
  /** 32 bytes; the mask's key. Empty for mask `none`. */
  repairKey: Uint8Array;
  /** What the pieces will hold together, for the check of free space. */
  expectedBytes?: number;
}

export interface PieceStatus {
  number: number;
  /** CAR file length, header included, once the upload is complete; bytes received plus header before. */
  length: number;
  /** Body bytes (after the 59-byte header) held on disk: where an upload goes on. */
  received: number;
  commP: Hex | null;
  pieceCid: string | null;
}

export interface SlotStatus {
  piece: number;
  shard: number;
  state: string;
  deal: DealId | null;
  provider: Address | null;
  commitment: Hex;
  rawLength: number;
  cause: string | null;
  next: string | null;
}

export interface PackageSummary {
  id: PackageId;
  account: string;
  owner: Address;
  state: PackageState;
  nameHash: Hex;
  label: Uint8Array;
  layout: PackageLayout;
  public: boolean;
  hot: boolean;
  mask: MaskId;
  k: number;
  n: number;
  bytes: number;
  files: number;
  pieces: number;
  root: string | null;
  documentHash: Hex | null;
  createdAt: Seconds;
  storedAt: Seconds | null;
  expiresAt: Seconds | null;
  /** Of the weakest piece. */
  strength: { live: number; needed: number; full: number };
  progress: { stage: string; done: number; total: number };
  cause: string | null;
  next: string | null;
}

export interface PackageDetail extends PackageSummary {
  slots: SlotStatus[];
  pieceList: PieceStatus[];
  escrow: Money;
  paid: Money;
  /** What all live deals cost a period. */
  pricePerPeriod: Money;
  reserve: Money;
  placement: PlacementTerms;
  /** Bytes of its shards that providers have, those included that are on their way. */
  handedOver: number;
}

/** Settings, or a draft of them, of which it is asked what would come now. */
export interface PreviewRequest {
  k: number;
  n: number;
  days: number;
  placement?: PlacementTerms;
  /** What a put of this size would cost; default 1 GiB. */
  bytes?: number;
}

/** Why a provider can have no shard now: a rule of the owner's terms, no room for one, or that it cannot be asked. */
export type LeftOutBy = PlacementRule | "full" | "retired" | "withholds" | "away";

export interface PreviewedProvider {
  provider: Address;
  region: string;
  /** ISO 3166-1 alpha-2, as it says itself; null where it names none. */
  country: string | null;
  /** Wei per GiB-day. */
  price: Money;
  /** Basis points. */
  score: number;
  newcomer: boolean;
  /** Null: it qualifies. */
  rule: LeftOutBy | null;
  /** The rule in words. */
  reason: string | null;
  /** It broke promises lately: it is asked only where others lack. */
  avoided: boolean;
  /** The shard of the first piece that it would be asked for now. */
  shard: number | null;
}

export interface PlacementPreview {
  /** In one sentence: "4 of 6 providers qualify." */
  summary: string;
  registered: number;
  qualified: number;
  needed: number;
  /** Whether every shard finds a provider now. */
  enough: boolean;
  cause: string | null;
  next: string | null;
  /** Those that qualify come first, the cheapest before others. */
  providers: PreviewedProvider[];
  /** Hours of the week (0 = Monday 00:00 UTC) in which fewer than min(k + 1, n) of the chosen would be awake. */
  uncovered: number[];
  price: {
    bytes: number;
    days: number;
    /** With those that would be asked now, at their registered prices; null where they do not suffice. */
    expected: Money | null;
    /** The n cheapest and the n dearest of those that qualify. */
    least: Money | null;
    most: Money | null;
  };
}

export interface SafetyRequest extends Partial<SafetyInputs> {
  id: PackageId;
  account: string;
}

/** How likely a package can be read; all probabilities are those that it cannot, so that small ones keep their digits. */
export interface PackageSafety {
  sentence: string;
  /** What it stands on, a sentence each. */
  assumed: string[];
  inputs: SafetyInputs;
  /** Whether the figures are exact under the assumptions; else it is no less safe than they say. */
  exact: boolean;
  /** With the providers that are connected now. */
  now: number;
  /** In each hour of the week, 0 = Monday 00:00 UTC. */
  hours: number[];
  weakest: { hours: number[]; failure: number };
  pieces: number;
  /** Of the weakest piece. */
  strength: { live: number; needed: number; full: number };
  holders: {
    provider: Address;
    region: string;
    duty: bigint;
    /** Who fails together. */
    group: string | null;
    /** In an hour on duty. */
    failure: number;
    shards: number;
    /** On duty and connected now. */
    there: boolean;
  }[];
}

/** A name as the gateway knows it: a keyed hash, and a label that only the owner reads. */
export interface Naming {
  id: PackageId;
  nameHash: Hex;
  label: Uint8Array;
}

export interface RenameRequest extends Naming {
  account: string;
  displaced?: Naming;
}

export interface CompleteRequest {
  id: PackageId;
  /** Root CID, text form. */
  root: string;
  /** Length of each CAR file, its 59-byte header included. */
  pieces: { length: number }[];
  files: number;
  bytes: number;
}

export interface Placement {
  piece: number;
  shard: number;
  deal: DealId;
  provider: Address;
  /** As the provider signed it: everything else here follows from it, region and rating excepted. */
  quote: Signed<"Quote">;
  region: string;
  pricePerPeriod: Money;
  periods: number;
  /** Percent; 90 for a newcomer. */
  rating: number;
}

export interface QuotePlan {
  documentHash: Hex;
  /** dag-cbor of the CommitmentDocument: the owner checks it before signing. */
  document: Uint8Array;
  placements: Placement[];
  /** Most that is locked at first: every shard of a piece at its dearest price, so that a provider that fails can be replaced. What is not needed stays free. */
  escrow: Money;
  /** One repair of every piece. */
  repairReserve: Money;
  /** escrow + repairReserve: what the owner's deposit must hold. */
  total: Money;
  balance: Money;
  periods: number;
  endsAt: Seconds;
  /** The quotes hold until then. */
  validUntil: Seconds;
  warnings: string[];
}

export interface CommitRequest {
  id: PackageId;
  mandate: Signed<"Mandate">;
  readCapability: Signed<"ReadCapability">;
}

export interface ShardSource {
  /** Bytes from `from` to the end of the shard. */
  bytes: AsyncIterable<Uint8Array>;
  /** Of the whole shard. */
  total: number;
}

export interface ProviderStatus {
  provider: Address;
  region: string;
  endpoint: string;
  capacity: bigint;
  used: bigint;
  /** Wei per GiB-day. */
  price: Money;
  rating: number;
  score: number;
  fulfilled: bigint;
  committed: bigint;
  deals: number;
  earned: Money;
  awakeNow: boolean;
  hoursPerWeek: number;
  /** Bit h: on duty in hour h of the week in UTC, 0 = Monday 00:00. */
  duty: bigint;
  connected: boolean;
  /** UNIX seconds until which it gets no new shards from this gateway while others will do, for promises that it broke; null: it may. */
  avoidedUntil: Seconds | null;
  state: string;
  cause: string | null;
}

export interface RecoverablePackage {
  documentHash: Hex;
  /** Live deals on the chain. */
  deals: number;
  /** The package's id here when it is already known. */
  known: PackageId | null;
}

/** What a list of packages can be sorted by: when it was begun, stored and ends, its bytes, files and state. */
export type PackageSort = "created" | "stored" | "expires" | "bytes" | "files" | "state";

/** Oldest first unless a sort or order is given. */
export interface PackageListRequest extends PageRequest<PackageSort> {
  account: string;
  nameHash?: Hex;
  /** Only these; with `gone` left out, those that were removed or undone are never among them. */
  states?: readonly PackageState[];
  /** Also those that were removed or undone. */
  gone?: boolean;
}

export interface PackagePage {
  packages: PackageSummary[];
  /** The cursor for the next page; null on the last one. */
  next: string | null;
}

/** The market's operations; every method throws CairnError and may be called again after a crash. */
export interface Market {
  /** Take up everything that was under way and go on until `stop`. */
  start(): Promise<void>;
  stop(): Promise<void>;

  openPackage(request: OpenPackageRequest): Promise<PackageDetail>;
  /** Append body bytes at `offset` (header not counted, ≤ what is held; a smaller one cuts off what follows). */
  appendPiece(request: {
    id: PackageId;
    piece: number;
    offset: number;
    body: AsyncIterable<Uint8Array>;
  }): Promise<{ received: number }>;
  /** Cut an upload back to its first pieces, and say by the chains of their blocks what that is. */
  keepUpload(request: {
    id: PackageId;
    pieces: readonly { length: number }[];
  }): Promise<{ pieces: { chain: string | null }[] }>;
  putManifest(request: {
    id: PackageId;
    body: AsyncIterable<Uint8Array>;
    /** Checked when given. */
    sha256?: Hex;
  }): Promise<{ size: number; sha256: Hex }>;
  /** Resolves once COMMITTED; a call that is cut off goes on in the background. */
  completePackage(request: CompleteRequest): Promise<PackageDetail>;
  quotePackage(request: { id: PackageId }): Promise<QuotePlan>;
  /** Resolves once PLACING; follow packageStatus for the rest. */
  commitPackage(request: CommitRequest): Promise<PackageDetail>;
  /** Undo a package that is not committed. */
  abandonPackage(request: { id: PackageId }): Promise<PackageDetail>;
  /** End every deal; a package that is not yet on chain is abandoned. */
  removePackage(request: { id: PackageId; termination: Signed<"Termination"> }): Promise<PackageDetail>;
  /** Give a package another name; `displaced` is one that gives up this name in the same step. */
  renamePackage(request: RenameRequest): Promise<PackageDetail>;
  /** Have a stuck or waiting package go on at once. */
  resumePackage(request: { id: PackageId }): Promise<PackageDetail>;

  /** Resolves when the account has the package. @throws CairnError `unknown-package` */
  requirePackage(request: { id: PackageId; account: string }): Promise<void>;
  packageStatus(request: { id: PackageId; account?: string }): Promise<PackageDetail>;
  /** @throws CairnError `unknown-package`, `wrong-state` */
  packageSafety(request: SafetyRequest): Promise<PackageSafety>;
  /** A page of an account's packages, oldest first, by a number of queries that does not grow with it. */
  listPackages(request: PackageListRequest): Promise<PackagePage>;
  /** Bytes that the spool holds of packages. */
  spooledBytes(ids: readonly PackageId[]): Promise<number>;
  listProviders(provider?: Address): Promise<ProviderStatus[]>;
  /** What a put by these settings would meet now; nobody is asked. @throws CairnError `bad-package`, `bad-placement` */
  previewPlacement(request: PreviewRequest): Promise<PlacementPreview>;

  /** The commitment document of a package whose upload is complete. @throws CairnError `wrong-state` */
  readDocument(request: { id: PackageId }): Promise<Uint8Array>;
  /** The encrypted manifest. */
  readManifest(request: { id: PackageId }): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>;
  /** CAR bytes [from, to) of a piece, every block checked; default the whole file from its header on. Bytes hold until the next are asked for. */
  readPiece(request: {
    id: PackageId;
    piece: number;
    from?: number;
    to?: number;
    capability: Signed<"ReadCapability">;
    signal?: AbortSignal;
  }): AsyncIterable<Uint8Array>;
  /** CAR frames of the named blocks in the order asked, every one checked. Bytes hold until the next are asked for. */
  readBlocks(request: {
    id: PackageId;
    cids: string[];
    capability: Signed<"ReadCapability">;
    signal?: AbortSignal;
  }): AsyncIterable<Uint8Array>;
  /**
   * Blocks of public packages in the order asked, each held against its CID: of whichever package has a block with that hash, whoever's it is. Bytes hold until
   * the next are asked for. @throws CairnError `bad-cid`, `too-many-cids`, `block-unknown`
   */
  readPublicBlocks(request: { cids: string[]; signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Pieces that hold the named blocks. */
  locateBlocks(request: { id: PackageId; cids: string[] }): Promise<{ pieces: number[] }>;

  /** Masked bytes [from, to) of one shard as its holder gives them, not verified; default the whole. By the permission given with the package. */
  readShard(request: {
    id: PackageId;
    piece: number;
    shard: number;
    from?: number;
    to?: number;
    signal?: AbortSignal;
  }): AsyncIterable<Uint8Array>;

  /** For `GET /api/v1/provider/shards/DEAL`: masked shard bytes from `from` on, to the holder of the upload capability. */
  shardSource(request: { deal: DealId; capability: Signed<"UploadCapability">; from?: number }): Promise<ShardSource>;
  /** For `…/DEAL/document` and `…/DEAL/manifest`. */
  shardDocument(request: { deal: DealId; capability: Signed<"UploadCapability"> }): Promise<Uint8Array>;
  shardManifest(request: {
    deal: DealId;
    capability: Signed<"UploadCapability">;
  }): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>;

  /** A page of an owner's packages that the finalised chain knows, for a gateway that has lost its database. */
  listRecoverable(request: {
    owner: Address;
    limit?: number;
    after?: Hex;
  }): Promise<{ packages: RecoverablePackage[]; next: Hex | null }>;
  /**
   * Fetch document and manifest of each package from any provider, verify them and register the package; one capability per manifest
   * hash. The repair key is set afterwards by setRepairKey.
   */
  recoverPackages(request: {
    account: string;
    owner: Address;
    capabilities: Signed<"ReadCapability">[];
  }): Promise<PackageDetail[]>;
  /** What only the owner can read in the manifest of a recovered package. */
  setRepairKey(request: {
    id: PackageId;
    repairKey: Uint8Array;
    nameHash: Hex;
    label: Uint8Array;
    layout: PackageLayout;
    files: number;
    bytes: number;
  }): Promise<PackageDetail>;
}
