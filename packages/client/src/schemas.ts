import { type Static, Type } from "typebox";

/** Wire schemas of the public API: the server validates and documents with them, the client takes its types from them. */
export const Hash = Type.String({ pattern: "^0x[0-9a-f]{64}$" });
export const AddressText = Type.String({ pattern: "^0x[0-9a-fA-F]{40}$" });
const DECIMAL = { pattern: "^[0-9]+$" };
export const BytesText = Type.String({ ...DECIMAL, description: "bytes, decimal" });
export const MoneyText = Type.String({ ...DECIMAL, description: "wei, decimal" });
export const PackageIdText = Type.String({ pattern: "^[0-9a-f]{32}$" });
export const Base64 = Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" });
export const LayoutText = Type.Union([
  Type.Literal("private"),
  Type.Literal("plain"),
  Type.Literal("unencrypted"),
  Type.Literal("car"),
]);
const Cause = Type.Union([Type.String(), Type.Null()]);

export const SignedJson = Type.Object({
  message: Type.Record(Type.String(), Type.Unknown()),
  signature: Type.String({ pattern: "^0x[0-9a-fA-F]{130}$" }),
});

export const ErrorJson = Type.Object({
  error: Type.Object({
    code: Type.String(),
    kind: Type.String(),
    message: Type.String(),
    next: Type.Optional(Type.String()),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
});

export const NetworkJson = Type.Object({
  version: Type.String(),
  profile: Type.String(),
  chainUrl: Type.String(),
  executor: AddressText,
  verifierSet: Hash,
  verifiers: Type.Array(AddressText),
  quorum: Type.Integer(),
  operators: Type.Integer({ description: "how many independent operators the verifiers have" }),
  deployment: Type.Object({
    chainId: Type.Integer(),
    deals: AddressText,
    registry: AddressText,
    ledger: AddressText,
    genesisTime: Type.Integer(),
    periodSeconds: Type.Integer(),
    graceSeconds: Type.Integer(),
    disputePeriods: Type.Integer(),
    voteWindowPeriods: Type.Integer(),
    proposalSeconds: Type.Integer(),
    deployedAt: Type.Integer(),
  }),
  defaults: Type.Object({ k: Type.Integer(), n: Type.Integer(), days: Type.Integer() }),
  pieceLimit: Type.Integer(),
  scrubSeconds: Type.Integer(),
  faucet: Type.Boolean(),
});
export type NetworkJson = Static<typeof NetworkJson>;

export const SlotJson = Type.Object({
  piece: Type.Integer(),
  shard: Type.Integer(),
  state: Type.String(),
  deal: Type.Union([Hash, Type.Null()]),
  provider: Type.Union([AddressText, Type.Null()]),
  commitment: Type.Union([Hash, Type.Null()]),
  rawLength: Type.Integer(),
  cause: Cause,
});
export type SlotJson = Static<typeof SlotJson>;

export const PackageJson = Type.Object({
  id: PackageIdText,
  state: Type.String(),
  label: Type.Union([Base64, Type.Null()], { description: "encrypted by the client; only the owner reads it" }),
  layout: Type.String(),
  mask: Type.String(),
  k: Type.Integer(),
  n: Type.Integer(),
  bytes: Type.Integer(),
  files: Type.Integer(),
  pieces: Type.Integer(),
  root: Type.Union([Type.String(), Type.Null()]),
  documentHash: Type.Union([Hash, Type.Null()]),
  createdAt: Type.Integer({ description: "UNIX seconds, as all times: when the put began" }),
  storedAt: Type.Union([Type.Integer(), Type.Null()], {
    description: "when every shard was proved for the first time",
  }),
  expiresAt: Type.Union([Type.Integer(), Type.Null()]),
  strength: Type.Object({
    live: Type.Integer({ description: "shards proved and live of the weakest piece" }),
    needed: Type.Integer({ description: "k" }),
    full: Type.Integer({ description: "n" }),
  }),
  progress: Type.Object({
    stage: Type.String(),
    done: Type.Integer(),
    total: Type.Integer(),
  }),
  cause: Cause,
  next: Cause,
});
export type PackageJson = Static<typeof PackageJson>;

const Next = Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" });

export const PackagePageJson = Type.Object({ packages: Type.Array(PackageJson), next: Next });
export type PackagePageJson = Static<typeof PackagePageJson>;

export const PackageDetailJson = Type.Object({
  ...PackageJson.properties,
  slots: Type.Array(SlotJson),
  pieceList: Type.Array(
    Type.Object({
      number: Type.Integer(),
      length: Type.Integer(),
      received: Type.Integer(),
      commP: Type.Union([Hash, Type.Null()]),
      pieceCid: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  escrow: MoneyText,
  paid: MoneyText,
  pricePerPeriod: MoneyText,
  reserve: MoneyText,
  handedOver: Type.Integer({ description: "bytes of its shards that providers have, or are taking" }),
});
export type PackageDetailJson = Static<typeof PackageDetailJson>;

export const OpenPackageJson = Type.Object({
  id: PackageIdText,
  nameHash: Hash,
  label: Base64,
  k: Type.Integer({ minimum: 1, maximum: 255 }),
  n: Type.Integer({ minimum: 1, maximum: 255 }),
  mask: Type.Union([Type.Literal("aes-256-ctr-v1"), Type.Literal("none")]),
  layout: LayoutText,
  days: Type.Number({ exclusiveMinimum: 0, maximum: 3650 }),
  repairKey: Base64,
  expectedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type OpenPackageJson = Static<typeof OpenPackageJson>;

export const KeepUploadJson = Type.Object({
  pieces: Type.Array(Type.Object({ length: Type.Integer({ minimum: 59, description: "header included" }) }), {
    maxItems: 100_000,
  }),
});
export type KeepUploadJson = Static<typeof KeepUploadJson>;

export const KeptUploadJson = Type.Object({
  pieces: Type.Array(
    Type.Object({
      chain: Type.Union([Type.String({ pattern: "^[0-9a-f]{64}$" }), Type.Null()], {
        description:
          "chain' = sha256(chain ‖ CID) over the piece's blocks, from 32 zeros on; null when they are damaged",
      }),
    }),
  ),
});
export type KeptUploadJson = Static<typeof KeptUploadJson>;

const NamingJson = Type.Object({ id: PackageIdText, nameHash: Hash, label: Base64 });
export const RenamePackageJson = Type.Object({
  nameHash: Hash,
  label: Base64,
  displaced: Type.Optional(NamingJson),
});
export type RenamePackageJson = Static<typeof RenamePackageJson>;

export const CompletePackageJson = Type.Object({
  root: Type.String({ maxLength: 128 }),
  pieces: Type.Array(Type.Object({ length: Type.Integer({ minimum: 0 }) }), { minItems: 1, maxItems: 100_000 }),
  files: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0 }),
});
export type CompletePackageJson = Static<typeof CompletePackageJson>;

export const QuotePlanJson = Type.Object({
  documentHash: Hash,
  document: Base64,
  placements: Type.Array(
    Type.Object({
      piece: Type.Integer(),
      shard: Type.Integer(),
      deal: Hash,
      provider: AddressText,
      quote: SignedJson,
      region: Type.String(),
      pricePerPeriod: MoneyText,
      rating: Type.Number(),
    }),
  ),
  escrow: MoneyText,
  repairReserve: MoneyText,
  total: MoneyText,
  balance: MoneyText,
  periods: Type.Integer(),
  endsAt: Type.Integer(),
  validUntil: Type.Integer(),
  warnings: Type.Array(Type.String()),
});
export type QuotePlanJson = Static<typeof QuotePlanJson>;

export const CommitPackageJson = Type.Object({
  mandate: SignedJson,
  readCapability: SignedJson,
});
export type CommitPackageJson = Static<typeof CommitPackageJson>;

export const ProviderJson = Type.Object({
  provider: AddressText,
  region: Type.String(),
  endpoint: Type.String(),
  capacity: BytesText,
  used: BytesText,
  price: Type.String({ ...MoneyText, description: "wei per GiB and day; the command line shows it per GiB and month" }),
  rating: Type.Number({ description: "percent, 90 for a newcomer" }),
  score: Type.Number(),
  fulfilled: Type.String({ ...DECIMAL, description: "shard-periods that it proved, decimal" }),
  committed: Type.String({ ...DECIMAL, description: "shard-periods that it was to prove, decimal" }),
  deals: Type.Integer(),
  earned: MoneyText,
  awakeNow: Type.Boolean(),
  hoursPerWeek: Type.Integer(),
  connected: Type.Boolean(),
  avoidedUntil: Type.Union([Type.Integer(), Type.Null()], {
    description: "UNIX seconds until which it gets no new shards here, as it broke promises; null: it may get some",
  }),
  state: Type.String(),
  cause: Cause,
});
export type ProviderJson = Static<typeof ProviderJson>;

export const EventJson = Type.Object({
  id: Type.Integer(),
  at: Type.Integer(),
  kind: Type.String(),
  severity: Type.String(),
  package: Type.Union([Type.String(), Type.Null()]),
  provider: Type.Union([Type.String(), Type.Null()]),
  deal: Type.Union([Type.String(), Type.Null()]),
  message: Type.String(),
  next: Cause,
});
export type EventJson = Static<typeof EventJson>;

export const CheckResultJson = Type.Object({
  id: Type.String(),
  package: PackageIdText,
  kind: Type.Union([Type.Literal("scrub"), Type.Literal("full")]),
  state: Type.Union([Type.Literal("running"), Type.Literal("done")]),
  startedAt: Type.Integer(),
  finishedAt: Type.Union([Type.Integer(), Type.Null()]),
  ok: Type.Boolean(),
  shards: Type.Array(
    Type.Object({
      piece: Type.Integer(),
      shard: Type.Integer(),
      provider: AddressText,
      result: Type.String({ description: "sound | damaged | wrong-bytes | wrong-proof | silent | missing" }),
      detail: Type.String(),
      checkedBytes: Type.Integer(),
    }),
  ),
});
export type CheckResultJson = Static<typeof CheckResultJson>;

/** A shard to be handed to farmers, in so many copies. */
export const OfferShardJson = Type.Object({
  piece: Type.Integer({ minimum: 0, maximum: 100_000 }),
  shard: Type.Integer({ minimum: 0, maximum: 254 }),
  copies: Type.Integer({ minimum: 1, maximum: 100 }),
});
export type OfferShardJson = Static<typeof OfferShardJson>;

export const OfferedShardJson = Type.Object({
  size: Type.Integer(),
  sha256: Type.String({ description: "of the shard's bytes, hexadecimal: what farmers know it by" }),
  encoded: Type.Integer({ description: "copies that were made ready now; the others were ready or held" }),
});
export type OfferedShardJson = Static<typeof OfferedShardJson>;

export const StatusJson = Type.Object({
  version: Type.String(),
  profile: Type.String(),
  uptimeSeconds: Type.Integer(),
  block: Type.Integer(),
  blockTime: Type.Integer(),
  period: Type.Integer(),
  packages: Type.Integer(),
  atFullStrength: Type.Integer(),
  bytes: Type.Integer(),
  providers: Type.Integer(),
  providersConnected: Type.Integer(),
  activeDeals: Type.Integer(),
  provedLastPeriod: Type.Integer(),
  missedLastPeriod: Type.Integer(),
});
export type StatusJson = Static<typeof StatusJson>;

export const AccountJson = Type.Object({
  owner: Type.Union([AddressText, Type.Null()]),
  balance: MoneyText,
  coins: MoneyText,
});
export type AccountJson = Static<typeof AccountJson>;

export const RecoverableJson = Type.Object({
  documentHash: Hash,
  deals: Type.Integer(),
  known: Type.Union([PackageIdText, Type.Null()]),
});
export type RecoverableJson = Static<typeof RecoverableJson>;

export const RecoverablePageJson = Type.Object({ packages: Type.Array(RecoverableJson), next: Next });
export type RecoverablePageJson = Static<typeof RecoverablePageJson>;

export const RepairKeyJson = Type.Object({
  repairKey: Base64,
  nameHash: Hash,
  label: Base64,
  layout: LayoutText,
  files: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0 }),
});
export type RepairKeyJson = Static<typeof RepairKeyJson>;
