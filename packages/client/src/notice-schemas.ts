import type { Static } from "typebox";
import { LiveTransferJson } from "./coin-schemas.ts";
import { LiveFiguresJson } from "./figure-schemas.ts";
import { Type } from "./schema-builder.ts";
import { LiveEventJson, MoneyText } from "./schemas.ts";

/** Wire schemas of notices: what accounts are told of, how often, and where it is sent. */
const Id = Type.String({ pattern: "^[0-9a-f]{32}$" });
const Seconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const SecondsOrNone = Type.Union([Seconds, Type.Null()]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Text = Type.Union([Type.String(), Type.Null()]);
/** Printable, and no control characters: it is shown in terminals. */
const Label = Type.String({ maxLength: 100, pattern: "^[^\\u0000-\\u001f\\u007f]*$" });
const Next = Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" });

export const NoticeJson = Type.Object({
  id: Count,
  at: Seconds,
  kind: Type.String({
    description: "expiry | balance-low | balance | damage | repair | fixity | deposit | owner | account | test",
  }),
  severity: Type.String({ description: "info | warning | error" }),
  message: Type.String(),
  next: Text,
  package: Text,
  deal: Text,
  wallet: Text,
  read: Type.Boolean(),
});
export type NoticeJson = Static<typeof NoticeJson>;
export const NoticePageJson = Type.Object({ notices: Type.Array(NoticeJson), unread: Count, next: Next });
export type NoticePageJson = Static<typeof NoticePageJson>;
/** A message of `/api/v1/live`. */
export const LiveNoticeJson = Type.Object({ type: Type.Literal("notice"), notice: NoticeJson });
export type LiveNoticeJson = Static<typeof LiveNoticeJson>;
export const LiveMessageJson = Type.Union([LiveEventJson, LiveTransferJson, LiveNoticeJson, LiveFiguresJson]);
export type LiveMessageJson = Static<typeof LiveMessageJson>;

export const MarkReadJson = Type.Object({
  ids: Type.Optional(Type.Array(Count, { maxItems: 1000 })),
  upTo: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "all whose id is at most this, instead of `ids`: the newest that was seen",
    }),
  ),
});
export type MarkReadJson = Static<typeof MarkReadJson>;
export const MarkedJson = Type.Object({ marked: Count, unread: Count });
export type MarkedJson = Static<typeof MarkedJson>;

const FrequencyText = Type.Union([
  Type.Literal("never"),
  Type.Literal("once"),
  Type.Literal("each"),
  Type.Literal("daily"),
  Type.Literal("weekly"),
  Type.Literal("monthly"),
]);
export type FrequencyText = Static<typeof FrequencyText>;
const ChannelText = Type.Union([Type.Literal("console"), Type.Literal("webhook"), Type.Literal("mail")]);
export type ChannelText = Static<typeof ChannelText>;
const told = (allowed: string) =>
  Type.Object({
    frequency: Type.Union(FrequencyText.anyOf, { description: allowed }),
    channels: Type.Array(ChannelText, { maxItems: 3 }),
  });
export const NoticeSettingsJson = Type.Object({
  kinds: Type.Object({
    expiry: told("of a deal that ends: never, once, daily, weekly or monthly"),
    "balance-low": told("of a wallet with less than `lowBalance`: never, daily, weekly or monthly"),
    balance: told("of what each wallet has: never, daily, weekly or monthly"),
    damage: told("of a package that is degraded or lost: never, each, or daily for each package"),
    repair: told("of a package that is whole again: never, each, or daily for each package"),
    fixity: told("of a check that found something: never or each"),
    deposit: told("of a deposit that is final: never or each"),
    owner: told("of a put that waits for its owner: never, daily or weekly"),
    account: told("of passwords that others set, and of places that take no notices: never or each"),
  }),
  expiryDays: Type.Integer({ minimum: 1, maximum: 365, description: "days before its end that a deal is told of" }),
  lowBalance: MoneyText,
});
export type NoticeSettingsJson = Static<typeof NoticeSettingsJson>;

export const WebhookJson = Type.Object({
  id: Id,
  label: Label,
  url: Type.String(),
  createdAt: Seconds,
  failures: Type.Integer({ minimum: 0, description: "tries that failed in a row" }),
  waiting: Type.Integer({ minimum: 0, description: "notices that are not delivered yet" }),
});
export type WebhookJson = Static<typeof WebhookJson>;
export const WebhooksJson = Type.Array(WebhookJson);
export const NewWebhookJson = Type.Object({ url: Type.String({ maxLength: 2000 }), label: Label });
export type NewWebhookJson = Static<typeof NewWebhookJson>;
export const MadeWebhookJson = Type.Object({
  webhook: WebhookJson,
  secret: Type.String({
    pattern: "^whsec_[A-Za-z0-9+/]{43}=$",
    description: "what deliveries are signed with, by Standard Webhooks; not to be had again",
  }),
});
export type MadeWebhookJson = Static<typeof MadeWebhookJson>;
export const DeliveryJson = Type.Object({
  id: Type.String({ description: "the header webhook-id, the same at each try" }),
  notice: Count,
  kind: Type.String(),
  state: Type.Union([Type.Literal("waiting"), Type.Literal("delivered"), Type.Literal("given-up")]),
  createdAt: Seconds,
  attempts: Count,
  triedAt: SecondsOrNone,
  dueAt: Type.Union([Seconds, Type.Null()], { description: "when it is tried again; null where it is not" }),
  status: Type.Union([Type.Integer(), Type.Null()], { description: "of the last answer that was none of 2xx" }),
  error: Text,
});
export type DeliveryJson = Static<typeof DeliveryJson>;
export const DeliveryPageJson = Type.Object({ deliveries: Type.Array(DeliveryJson), next: Next });
export type DeliveryPageJson = Static<typeof DeliveryPageJson>;

export const MailAddressJson = Type.Object({
  available: Type.Boolean({ description: "whether the gateway sends mail" }),
  address: Text,
  confirmed: Type.Boolean(),
  failures: Count,
  waiting: Count,
});
export type MailAddressJson = Static<typeof MailAddressJson>;
export const NewMailAddressJson = Type.Object({ address: Type.String({ maxLength: 300 }) });
export const MailCodeJson = Type.Object({ code: Type.String({ pattern: "^[0-9]{8}$" }) });
