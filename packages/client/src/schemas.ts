import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";

/**
 * Wire schemas of the public API: the server validates and documents with them, the client takes its types from them and checks by them
 * whatever a gateway answers. What packages, deals and money are made of stands here; later concerns have files of their own beside it.
 */
const HASH = { pattern: "^0x[0-9a-f]{64}$" };
export const Hash = Type.String(HASH);
export const AddressText = Type.String({ pattern: "^0x[0-9a-fA-F]{40}$" });
const DECIMAL = { pattern: "^[0-9]{1,78}$" };
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
/** A currency that the operator has prices for, such as `usd`. */
export const CurrencyText = Type.String({ pattern: "^[a-z]{3,5}$" });
/** Bytes, files, shards, blocks: whatever is counted. */
const Count = Type.Integer({ minimum: 0 });
const SECONDS = { minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" };
/** Up to the last second that a `Date` can show. */
const Time = Type.Integer(SECONDS);
const Parts = Type.Integer({ minimum: 1, maximum: 255 });
const Cause = Type.Union([Type.String(), Type.Null()]);

export const SignedJson = Type.Object({
  message: Type.Record(Type.String(), Type.Unknown()),
  signature: Type.String({ pattern: "^0x[0-9a-fA-F]{130}$" }),
});

export const ErrorBodyJson = Type.Object({
  code: Type.String(),
  kind: Type.String(),
  message: Type.String(),
  next: Type.Optional(Type.String()),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export const ErrorJson = Type.Object({ error: ErrorBodyJson });

export const NetworkJson = Type.Object({
  version: Type.String(),
  profile: Type.String(),
  chainUrl: Type.String(),
  executor: AddressText,
  verifierSet: Hash,
  verifiers: Type.Array(AddressText),
  quorum: Count,
  operators: Type.Integer({ minimum: 0, description: "how many independent operators the verifiers have" }),
  deployment: Type.Object({
    chainId: Count,
    deals: AddressText,
    registry: AddressText,
    ledger: AddressText,
    genesisTime: Time,
    periodSeconds: Type.Integer({ minimum: 1 }),
    graceSeconds: Count,
    disputePeriods: Count,
    voteWindowPeriods: Count,
    proposalSeconds: Count,
    deployedAt: Count,
  }),
  defaults: Type.Object({ k: Parts, n: Parts, days: Count }),
  pieceLimit: Count,
  scrubSeconds: Count,
  faucet: Type.Boolean(),
});
export type NetworkJson = Static<typeof NetworkJson>;

const Country = Type.String({ pattern: "^[A-Z]{2}$", description: "ISO 3166-1 alpha-2" });
const Providers = (description: string) => Type.Optional(Type.Array(AddressText, { maxItems: 1000, description }));

/** What an owner demands of the providers of a package. */
export const PlacementJson = Type.Object({
  maxPrice: Type.Optional(
    Type.String({ ...DECIMAL, description: "most that a provider may ask: wei per GiB and day" }),
  ),
  countries: Type.Optional(Type.Array(Country, { maxItems: 255, description: "every shard lies in one of these" })),
  shardCountries: Type.Optional(
    Type.Array(Country, { maxItems: 255, description: "the country of each shard, by its number" }),
  ),
  allowed: Providers("nobody else is asked"),
  blocked: Providers("never asked"),
  minScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: "basis points" })),
  rank: Type.Optional(Type.Union([Type.Literal("score"), Type.Literal("price")])),
});
export type PlacementJson = Static<typeof PlacementJson>;

/** What a put goes by unless it says otherwise; left out: as the network has it. */
export const SettingsJson = Type.Object({
  k: Type.Optional(Parts),
  n: Type.Optional(Parts),
  days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3650 })),
  minDays: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 3650, description: "least length of a deal: no put is for less" }),
  ),
  renew: Type.Optional(
    Type.Boolean({
      description:
        "whether packages are to be renewed before they end: true unless set. It is kept for a later version: nothing is renewed by itself yet",
    }),
  ),
  placement: Type.Optional(PlacementJson),
  confirmations: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: "blocks after which a transfer of coins is confirmed; 5 if left out",
    }),
  ),
  explorer: Type.Optional(
    Type.String({
      maxLength: 300,
      pattern: "^https?://[!-~]*\\{tx\\}[!-~]*$",
      description: "link to a transaction on a block explorer, `{tx}` standing for its hash",
    }),
  ),
  wallets: Type.Optional(
    Type.Array(AddressText, {
      maxItems: 32,
      description: "wallets that puts are paid from: the first with enough deposited",
    }),
  ),
  version: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description:
        "as the settings were read: where they were changed since, saving them is refused; left out, it replaces what there is",
    }),
  ),
  currency: Type.Optional(CurrencyText),
});
export type SettingsJson = Static<typeof SettingsJson>;

/** A provider that was looked at for a package's shards. */
export const AskJson = Type.Object({
  id: Count,
  at: Time,
  piece: Type.Union([Count, Type.Null()], { description: "null, as the shard, where it was passed over" }),
  shard: Type.Union([Count, Type.Null()]),
  provider: AddressText,
  price: Type.String({ ...DECIMAL, description: "its registered least price: wei per GiB and day" }),
  region: Type.String(),
  verdict: Type.Union([Type.Literal("quoted"), Type.Literal("refused"), Type.Literal("passed-over")]),
  reason: Cause,
});
export type AskJson = Static<typeof AskJson>;

export const SlotJson = Type.Object({
  piece: Count,
  shard: Count,
  state: Type.String(),
  deal: Type.Union([Hash, Type.Null()]),
  provider: Type.Union([AddressText, Type.Null()]),
  commitment: Type.Union([Hash, Type.Null()]),
  rawLength: Count,
  cause: Cause,
});
export type SlotJson = Static<typeof SlotJson>;

export const PackageJson = Type.Object({
  id: PackageIdText,
  state: Type.String(),
  label: Type.Union([Base64, Type.Null()], { description: "encrypted by the client; only the owner reads it" }),
  layout: Type.String(),
  public: Type.Boolean({ description: "every account and door of this gateway may read it" }),
  hot: Type.Boolean({ description: "its pieces stay at this gateway beside the deals" }),
  mask: Type.String(),
  k: Parts,
  n: Parts,
  bytes: Count,
  files: Count,
  pieces: Count,
  root: Type.Union([Type.String(), Type.Null()]),
  documentHash: Type.Union([Hash, Type.Null()]),
  createdAt: Type.Integer({ ...SECONDS, description: "UNIX seconds, as all times: when the put began" }),
  storedAt: Type.Union([Time, Type.Null()], {
    description: "when every shard was proved for the first time",
  }),
  expiresAt: Type.Union([Time, Type.Null()]),
  strength: Type.Object({
    live: Type.Integer({ minimum: 0, description: "shards proved and live of the weakest piece" }),
    needed: Type.Integer({ minimum: 0, description: "k" }),
    full: Type.Integer({ minimum: 0, description: "n" }),
  }),
  progress: Type.Object({
    stage: Type.String(),
    done: Count,
    total: Count,
  }),
  cause: Cause,
  next: Cause,
});
export type PackageJson = Static<typeof PackageJson>;

const Next = Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" });

export const AsksPageJson = Type.Object({ asks: Type.Array(AskJson), next: Type.Union([Count, Type.Null()]) });
export type AsksPageJson = Static<typeof AsksPageJson>;

export const PackagePageJson = Type.Object({ packages: Type.Array(PackageJson), next: Next });
export type PackagePageJson = Static<typeof PackagePageJson>;

export const PackageDetailJson = Type.Object({
  ...PackageJson.properties,
  slots: Type.Array(SlotJson),
  pieceList: Type.Array(
    Type.Object({
      number: Count,
      length: Count,
      received: Count,
      commP: Type.Union([Hash, Type.Null()]),
      pieceCid: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  escrow: MoneyText,
  paid: MoneyText,
  pricePerPeriod: MoneyText,
  reserve: MoneyText,
  placement: PlacementJson,
  handedOver: Type.Integer({ minimum: 0, description: "bytes of its shards that providers have, or are taking" }),
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
  public: Type.Optional(Type.Boolean({ description: "only with the layouts unencrypted and car" })),
  hot: Type.Optional(Type.Boolean()),
  days: Type.Number({ exclusiveMinimum: 0, maximum: 3650 }),
  placement: Type.Optional(PlacementJson),
  repairKey: Base64,
  expectedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  owner: Type.Optional(
    Type.String({
      pattern: "^0x[0-9a-fA-F]{40}$",
      description: "one of the account's wallets; its default one if left out",
    }),
  ),
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

export const ReceivedJson = Type.Object({ received: Count });
export type ReceivedJson = Static<typeof ReceivedJson>;

export const KeptManifestJson = Type.Object({ size: Count, sha256: Hash });
export type KeptManifestJson = Static<typeof KeptManifestJson>;

export const LocatedJson = Type.Object({ pieces: Type.Array(Count) });
export type LocatedJson = Static<typeof LocatedJson>;

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
      piece: Count,
      shard: Count,
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
  periods: Count,
  endsAt: Time,
  validUntil: Time,
  warnings: Type.Array(Type.String()),
});
export type QuotePlanJson = Static<typeof QuotePlanJson>;

export const CommitPackageJson = Type.Object({
  mandate: SignedJson,
  readCapability: SignedJson,
});
export type CommitPackageJson = Static<typeof CommitPackageJson>;

export const CountryOrNull = Type.Union([Type.String({ pattern: "^[A-Z]{2}$" }), Type.Null()], {
  description: "ISO 3166-1 alpha-2, as the provider says itself",
});
export const DutyText = Type.String({
  pattern: "^0x[0-9a-f]{42}$",
  description: "168 bits, bit h = on duty in hour h of the week, 0 = Monday 00:00 UTC",
});
export const ProviderJson = Type.Object({
  provider: AddressText,
  region: Type.String(),
  country: CountryOrNull,
  centre: Type.Union([Type.Object({ latitude: Type.Number(), longitude: Type.Number() }), Type.Null()], {
    description: "of its country, for a map",
  }),
  endpoint: Type.String(),
  capacity: BytesText,
  used: BytesText,
  price: Type.String({ ...MoneyText, description: "wei per GiB and day; the command line shows it per GiB and month" }),
  rating: Type.Number({ description: "percent, 90 for a newcomer" }),
  score: Type.Number(),
  fulfilled: Type.String({ ...DECIMAL, description: "shard-periods that it proved, decimal" }),
  committed: Type.String({ ...DECIMAL, description: "shard-periods that it was to prove, decimal" }),
  deals: Count,
  earned: MoneyText,
  awakeNow: Type.Boolean(),
  hoursPerWeek: Count,
  duty: DutyText,
  connected: Type.Boolean(),
  avoidedUntil: Type.Union([Time, Type.Null()], {
    description: "UNIX seconds until which it gets no new shards here, as it broke promises; null: it may get some",
  }),
  state: Type.String(),
  cause: Cause,
});
export type ProviderJson = Static<typeof ProviderJson>;

export const EventJson = Type.Object({
  id: Count,
  at: Time,
  kind: Type.String(),
  severity: Type.String(),
  package: Type.Union([Type.String(), Type.Null()]),
  provider: Type.Union([Type.String(), Type.Null()]),
  deal: Type.Union([Type.String(), Type.Null()]),
  message: Type.String(),
  next: Cause,
});
export type EventJson = Static<typeof EventJson>;
/** A message of `/api/v1/live`. */
export const LiveEventJson = Type.Object({ type: Type.Literal("event"), event: EventJson });
export type LiveEventJson = Static<typeof LiveEventJson>;

const CHECK = {
  id: Type.String(),
  package: PackageIdText,
  kind: Type.Union([Type.Literal("scrub"), Type.Literal("full")]),
  state: Type.Union([Type.Literal("running"), Type.Literal("done")]),
  startedAt: Time,
  finishedAt: Type.Union([Time, Type.Null()]),
  ok: Type.Boolean(),
};
export const CheckResultJson = Type.Object({
  ...CHECK,
  shards: Type.Array(
    Type.Object({
      piece: Count,
      shard: Count,
      provider: AddressText,
      result: Type.String({
        description:
          "sound | damaged | wrong-bytes | wrong-proof | silent | refused | unchecked (this gateway failed, not the provider)",
      }),
      detail: Type.String(),
      checkedBytes: Count,
    }),
  ),
});
export type CheckResultJson = Static<typeof CheckResultJson>;

/** What a list says of a check. */
export const CheckJson = Type.Object({
  ...CHECK,
  looked: Type.Integer({ minimum: 0, description: "shards looked at so far" }),
  sound: Type.Integer({ minimum: 0, description: "shards found sound so far" }),
});
export type CheckJson = Static<typeof CheckJson>;
export const ChecksPageJson = Type.Object({ checks: Type.Array(CheckJson), next: Next });
export type ChecksPageJson = Static<typeof ChecksPageJson>;

/** A deal with what its package, piece and provider say of it. */
/** What a deal was placed under, whatever was changed since. */
export const DealSettingsJson = Type.Object({
  k: Parts,
  n: Parts,
  days: Type.Number(),
  mask: Type.String(),
  layout: Type.String(),
  placement: PlacementJson,
  maxPrice: Type.String({ ...DECIMAL, description: "the owner's ceiling: wei per GiB and day" }),
});
export type DealSettingsJson = Static<typeof DealSettingsJson>;
export const DealJson = Type.Object({
  deal: Hash,
  state: Type.String(),
  package: Type.Union([PackageIdText, Type.Null()], { description: "null where another gateway keeps it" }),
  label: Type.Union([Base64, Type.Null()], { description: "of the package, encrypted by the client" }),
  packageCreatedAt: Type.Union([Time, Type.Null()]),
  root: Type.Union([Type.String(), Type.Null()]),
  documentHash: Hash,
  piece: Count,
  shard: Count,
  pieceLength: Type.Union([Count, Type.Null()], { description: "bytes of the piece's CAR" }),
  pieceCid: Type.Union([Type.String(), Type.Null()], { description: "of the piece; version 2 of PieceCID" }),
  commitment: Type.String({ ...HASH, description: "CommP of the shard" }),
  shardCid: Type.Union([Type.String(), Type.Null()], {
    description: "the shard's CommP as PieceCID, version 2; null where the commitment is none",
  }),
  dealCid: Type.Union([Type.String(), Type.Null()], {
    description:
      "of quote, provider's signature and mandate (docs/protocol.md, 2); null where another gateway proposed it",
  }),
  settings: Type.Union([DealSettingsJson, Type.Null()], {
    description: "as they were when the deal was proposed; null where another gateway proposed it",
  }),
  sealedSector: Type.String({ description: "CID of the sealed sector, or `not sealed`" }),
  rawLength: Count,
  provider: AddressText,
  region: Type.Union([Type.String(), Type.Null()]),
  k: Type.Union([Parts, Type.Null()]),
  n: Type.Union([Parts, Type.Null()]),
  days: Type.Union([Type.Number(), Type.Null()]),
  placement: Type.Union([PlacementJson, Type.Null()], { description: "the demands that it was placed under" }),
  pricePerPeriod: MoneyText,
  periods: Count,
  escrow: MoneyText,
  paid: MoneyText,
  refunded: Type.String({ ...DECIMAL, description: "wei of the escrow that came back, decimal" }),
  paidPeriods: Count,
  proposedAt: Time,
  activatedAt: Type.Union([Time, Type.Null()]),
  endsAt: Type.Union([Time, Type.Null()], { description: "null until its shard was received" }),
  endsPeriod: Type.Union([Type.Integer(), Type.Null()], { description: "the first period that it does not pay for" }),
  endsBlock: Type.Union([Count, Type.Null()], {
    description: "the block that is expected when it ends: an estimate, as contracts count seconds",
  }),
  endedAt: Type.Union([Time, Type.Null()]),
  lastProved: Type.Union([Type.Integer(), Type.Null()], {
    description: "the newest final period that it was proved in",
  }),
  lastProvedAt: Type.Union([Time, Type.Null()], { description: "when that period ended" }),
  silentSince: Type.Union([Time, Type.Null()]),
  checkedAt: Type.Union([Time, Type.Null()]),
  checkResult: Type.Union([Type.String(), Type.Null()]),
});
export type DealJson = Static<typeof DealJson>;
export const DealsPageJson = Type.Object({ deals: Type.Array(DealJson), next: Next });
export type DealsPageJson = Static<typeof DealsPageJson>;
/** What `dealCidOf` (packages/protocol) needs. */
export const DealProposalJson = Type.Object({
  dealCid: Type.String(),
  quote: Type.Record(Type.String(), Type.Unknown()),
  signature: SignedJson.properties.signature,
  mandateHash: Hash,
});
export type DealProposalJson = Static<typeof DealProposalJson>;

/** What the final periods of a package's deals came to, run by run. */
export const CustodyJson = Type.Array(
  Type.Object({
    deal: Hash,
    piece: Count,
    shard: Count,
    provider: AddressText,
    runs: Type.Array(
      Type.Object({
        from: Type.Integer({ description: "a period; those between two runs have no verdict" }),
        to: Type.Integer({ description: "the last period of the run" }),
        outcome: Type.String({
          description: "proved | chain (proved on chain) | late | silent | held | unheard | damaged | wrong | off-duty",
        }),
        counted: Type.Integer({ minimum: 0, description: "periods in which the provider was on duty" }),
      }),
    ),
  }),
);
export type CustodyJson = Static<typeof CustodyJson>;

const Signed = (description: string) => Type.String({ pattern: "^-?[0-9]{1,78}$", description });

/** A line of the statement of a wallet. */
export const EntryJson = Type.Object({
  wallet: AddressText,
  at: Time,
  block: Count,
  logIndex: Count,
  kind: Type.String({
    description:
      "deposit | withdraw | reserve (set aside for repairs) | escrow (set aside for a deal) | pay (to its provider) | earned (by one) | refund | release",
  }),
  deposit: Signed("signed change of the deposit, in wei, decimal"),
  escrow: Signed("signed change of what is in escrow, in wei, decimal"),
  reserve: Signed("signed change of what is in reserve, in wei, decimal"),
  balance: MoneyText,
  deal: Type.Union([Hash, Type.Null()]),
  documentHash: Type.Union([Hash, Type.Null()]),
  counterparty: Type.Union([AddressText, Type.Null()], { description: "provider of a deal; owner of what was earned" }),
  transaction: Hash,
});
export type EntryJson = Static<typeof EntryJson>;
export const StatementPageJson = Type.Object({ entries: Type.Array(EntryJson), next: Next });
export type StatementPageJson = Static<typeof StatementPageJson>;

/** What the statement of each wallet comes to: what the contract holds for it. */
export const StatementTotalsJson = Type.Array(
  Type.Object({
    wallet: AddressText,
    deposit: MoneyText,
    escrow: MoneyText,
    reserve: MoneyText,
    kinds: Type.Object(
      {
        deposit: MoneyText,
        withdraw: MoneyText,
        reserve: MoneyText,
        escrow: MoneyText,
        pay: MoneyText,
        earned: MoneyText,
        refund: MoneyText,
        release: MoneyText,
      },
      { description: "what each kind of line moved in all" },
    ),
  }),
);
export type StatementTotalsJson = Static<typeof StatementTotalsJson>;

export const EventsJson = Type.Array(EventJson);
/** What a provider holds of an account's live deals. */
export const HeldJson = Type.Object({ deals: Count, bytes: BytesText });
export const ListedProviderJson = Type.Object({ ...ProviderJson.properties, mine: HeldJson });
export type ListedProviderJson = Static<typeof ListedProviderJson>;
export const ProvidersJson = Type.Array(ListedProviderJson);
export type ProvidersJson = Static<typeof ProvidersJson>;
export const RecoveredJson = Type.Array(PackageDetailJson);

/** A shard to be handed to farmers, in so many copies. */
export const OfferShardJson = Type.Object({
  piece: Type.Integer({ minimum: 0, maximum: 100_000 }),
  shard: Type.Integer({ minimum: 0, maximum: 254 }),
  copies: Type.Integer({ minimum: 1, maximum: 100 }),
});
export type OfferShardJson = Static<typeof OfferShardJson>;

export const OfferedShardJson = Type.Object({
  size: Count,
  sha256: Type.String({ description: "of the shard's bytes, hexadecimal: what farmers know it by" }),
  encoded: Type.Integer({ minimum: 0, description: "copies that were made ready now; the others were ready or held" }),
});
export type OfferedShardJson = Static<typeof OfferedShardJson>;

export const StatusJson = Type.Object({
  version: Type.String(),
  profile: Type.String(),
  uptimeSeconds: Count,
  block: Count,
  blockTime: Time,
  period: Type.Integer(),
  packages: { ...Count, description: "signed for and going on: none that is ending" },
  atFullStrength: Count,
  lost: { ...Count, description: "with fewer shards than restore them" },
  bytes: Count,
  providers: Count,
  providersConnected: Count,
  activeDeals: Count,
  provedLastPeriod: Count,
  missedLastPeriod: Count,
  gateways: Type.Array(
    Type.Object({
      url: Type.String({ description: "empty where it has not served yet" }),
      silentSeconds: Type.Integer({ minimum: 0, description: "since it last said that it lives" }),
      away: Type.Boolean(),
      here: Type.Boolean({ description: "it is the one that answers" }),
    }),
    { description: "Gateways that work on the same database" },
  ),
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
  deals: Count,
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
