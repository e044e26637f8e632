import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import {
  AddressText,
  CountryOrNull as Country,
  DutyText,
  Hash,
  HeldJson,
  MoneyText,
  PlacementJson,
  ProviderJson,
} from "./schemas.ts";

/** Wire schemas of whom one relies on: previews of settings, providers one by one, how safe a package is, and the chain to look through. */
const Count = Type.Integer({ minimum: 0 });
const Time = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const Text = Type.String();
const TextOrNull = Type.Union([Text, Type.Null()]);
const Share = Type.Number();
const timeOrNull = (description: string) => Type.Union([Time, Type.Null()], { description });
const Hour = Type.Integer({ minimum: 0, maximum: 167, description: "hour of the week in UTC, 0 = Monday 00:00" });
/** What a put by these settings would meet. What is left out is as the account's settings, or else the network, have it. */
export const PreviewSettingsJson = Type.Object({
  k: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  n: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3650 })),
  minDays: Type.Optional(Type.Number({ minimum: 0, maximum: 3650, description: "0: no least length" })),
  placement: Type.Optional(PlacementJson),
  bytes: Type.Optional(
    Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "of a put: 1 GiB unless set" }),
  ),
});
export type PreviewSettingsJson = Static<typeof PreviewSettingsJson>;

export const PreviewedProviderJson = Type.Object({
  provider: AddressText,
  region: Text,
  country: Country,
  price: MoneyText,
  score: Type.Number({ description: "basis points" }),
  newcomer: Type.Boolean(),
  rule: Type.Union([Text, Type.Null()], {
    description:
      "why it is left out: blocked, allowed, price, score, country, full, retired, withholds or away; null: it qualifies",
  }),
  reason: TextOrNull,
  avoided: Type.Boolean({ description: "it broke promises lately, and is asked only where others lack" }),
  shard: Type.Union([Count, Type.Null()], { description: "the shard that it would be asked for now" }),
});
export type PreviewedProviderJson = Static<typeof PreviewedProviderJson>;

const Sum = Type.Union([MoneyText, Type.Null()]);
export const PreviewJson = Type.Object({
  summary: Text,
  registered: Count,
  qualified: Count,
  needed: Count,
  enough: Type.Boolean(),
  cause: TextOrNull,
  next: TextOrNull,
  providers: Type.Array(PreviewedProviderJson),
  uncovered: Type.Array(Hour),
  price: Type.Object({
    bytes: Count,
    days: Type.Number(),
    expected: Sum,
    least: Sum,
    most: Sum,
  }),
});
export type PreviewJson = Static<typeof PreviewJson>;

export const ProviderDetailJson = Type.Object({
  ...ProviderJson.properties,
  hours: Type.String({ description: "its hours on duty in words" }),
  egressPrice: Type.String({ pattern: "^[0-9]{1,78}$", description: "wei per GiB read" }),
  newcomer: Type.Boolean(),
  reasons: Type.Array(Text, { description: "what its rating and score stand on, a sentence each" }),
  misses: Type.Array(
    Type.Object({
      outcome: Type.String({ description: "what its periods came to: silent, late, wrong, damaged, …" }),
      deals: Count,
      lastAt: Time,
    }),
    { description: "of its live deals within 30 days" },
  ),
  failed: Type.Integer({ minimum: 0, description: "deals that it lost by its fault" }),
  mine: Type.Object({ ...HeldJson.properties, packages: Count }),
  since: timeOrNull("when it registered; null: before this gateway kept it"),
  lastSeen: timeOrNull("when it was connected or proved something last"),
});
export type ProviderDetailJson = Static<typeof ProviderDetailJson>;

export const SafetyJson = Type.Object({
  sentence: Text,
  assumed: Type.Array(Text),
  inputs: Type.Object({
    hourly: Type.Union([Share, Type.Null()], {
      description: "share of its hours in which each provider does not answer; null: by its own record",
    }),
    yearly: Share,
    repairHours: Type.Number({ minimum: 0 }),
    together: Type.Union([Type.Literal("operator"), Type.Literal("country"), Type.Literal("none")]),
    groupYearly: Share,
  }),
  exact: Type.Boolean(),
  now: Type.Number({ description: "probability that it cannot be read now" }),
  hours: Type.Array(Share, {
    description: "probability that it cannot be read, by hour of the week, 0 = Monday 00:00 UTC",
  }),
  weakest: Type.Object({ hours: Type.Array(Hour), failure: Share }),
  pieces: Count,
  strength: Type.Object({ live: Count, needed: Count, full: Count }),
  holders: Type.Array(
    Type.Object({
      provider: AddressText,
      region: Text,
      duty: DutyText,
      group: TextOrNull,
      failure: Share,
      shards: Count,
      there: Type.Boolean(),
    }),
  ),
});
export type SafetyJson = Static<typeof SafetyJson>;

const Gas = Type.String({ pattern: "^[0-9]{1,78}$" });
const BLOCK = { number: Count, hash: Hash, time: Time, transactions: Count, gasUsed: Gas, gasLimit: Gas };
const CALL = {
  transaction: Hash,
  from: AddressText,
  to: Type.Union([AddressText, Type.Null()], { description: "null: it creates a contract" }),
  contract: Type.Union([Text, Type.Null()], { description: "which of Cairn's contracts it calls" }),
  method: TextOrNull,
  amount: MoneyText,
};
const Arguments = Type.Array(
  Type.Object({
    name: Type.String({ description: "structs and lists are written out, such as quotes[0].provider" }),
    type: Text,
    value: Type.String({ description: "integers in decimal, bytes in hex; long ones are cut" }),
  }),
);

export const ChainBlocksJson = Type.Object({
  head: Count,
  blocks: Type.Array(Type.Object(BLOCK)),
  next: Type.Union([Count, Type.Null()], { description: "`before` of the next page" }),
});
export type ChainBlocksJson = Static<typeof ChainBlocksJson>;

export const ChainBlockJson = Type.Object({
  ...BLOCK,
  calls: Type.Array(Type.Object(CALL), { description: "the first 500" }),
});
export type ChainBlockJson = Static<typeof ChainBlockJson>;

export const ChainTransactionJson = Type.Object({
  ...CALL,
  block: Count,
  time: Time,
  confirmations: Count,
  ok: Type.Boolean(),
  gasUsed: Gas,
  fee: MoneyText,
  dataBytes: Count,
  arguments: Arguments,
  events: Type.Array(
    Type.Object({
      logIndex: Count,
      address: AddressText,
      contract: TextOrNull,
      name: TextOrNull,
      arguments: Arguments,
    }),
  ),
});
export type ChainTransactionJson = Static<typeof ChainTransactionJson>;

export const ChainFoundJson = Type.Object({
  kind: Type.Union([Type.Literal("block"), Type.Literal("transaction")]),
  block: Count,
});
export type ChainFoundJson = Static<typeof ChainFoundJson>;

export const ChainContractsJson = Type.Array(
  Type.Object({
    name: Text,
    address: AddressText,
    size: Type.Integer({ minimum: 0, description: "bytes of its code" }),
    what: Text,
  }),
);
export type ChainContractsJson = Static<typeof ChainContractsJson>;
