import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import { AddressText, Base64, MoneyText, SignedJson } from "./schemas.ts";

/** Wire schemas of users, sessions, tokens, invites, wallets and limits: the other part of the API than packages. */
const Id = Type.String({ pattern: "^[0-9a-f]{32}$" });
const Seconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const Never = Type.Union([Seconds, Type.Null()]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Printable, and no control characters: it is shown in terminals. */
const Label = Type.String({ maxLength: 100, pattern: "^[^\\u0000-\\u001f\\u007f]*$" });
const Secret = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", description: "not to be had again" });
export const UserNameText = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$" });
const Password = Type.String({ maxLength: 1024 });

export const ScopeText = Type.Union([
  Type.Literal("read"),
  Type.Literal("write"),
  Type.Literal("admin"),
  Type.Literal("operate"),
]);
export type ScopeText = Static<typeof ScopeText>;
export const RoleText = Type.Union([Type.Literal("member"), Type.Literal("owner"), Type.Literal("operator")]);
export type RoleText = Static<typeof RoleText>;

export const UserJson = Type.Object({
  id: Id,
  account: Type.String(),
  name: UserNameText,
  role: RoleText,
  createdAt: Seconds,
  seenAt: Never,
});
export type UserJson = Static<typeof UserJson>;
export const UserPageJson = Type.Object({
  users: Type.Array(UserJson),
  next: Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" }),
});
export type UserPageJson = Static<typeof UserPageJson>;

export const NewUserJson = Type.Object({
  name: UserNameText,
  password: Password,
  role: RoleText,
  joins: Type.Boolean({ description: "the account of whoever adds it; else it gets one of its own" }),
});
export type NewUserJson = Static<typeof NewUserJson>;
export const PasswordJson = Type.Object({ password: Password });
export const OwnPasswordJson = Type.Object({ current: Password, password: Password });

export const SignUpPolicyJson = Type.Object({
  policy: Type.Union([Type.Literal("open"), Type.Literal("invite"), Type.Literal("closed")]),
});
export type SignUpPolicyJson = Static<typeof SignUpPolicyJson>;
export const SignUpJson = Type.Object({
  name: Type.String({ maxLength: 64 }),
  password: Password,
  invite: Type.Optional(Type.String({ maxLength: 100 })),
});
export type SignUpJson = Static<typeof SignUpJson>;
export const LoginJson = Type.Object({ name: Type.String({ maxLength: 64 }), password: Password });
export type LoginJson = Static<typeof LoginJson>;

const Csrf = Type.String({
  description: "for the header `cairn-csrf` of every request of the session that changes something",
});
export const OpenedSessionJson = Type.Object({ user: UserJson, csrf: Csrf, expiresAt: Seconds });
export type OpenedSessionJson = Static<typeof OpenedSessionJson>;
/** A link that opens a session once: `URL/#link=SECRET`. */
export const MadeLinkJson = Type.Object({ secret: Secret, expiresAt: Seconds });
export const UseLinkJson = Type.Object({ secret: Type.String({ maxLength: 100 }) });
export type UseLinkJson = Static<typeof UseLinkJson>;
export const SessionJson = Type.Object({
  id: Id,
  current: Type.Boolean({ description: "the one that asks" }),
  createdAt: Seconds,
  seenAt: Seconds,
  expiresAt: Seconds,
  agent: Type.String(),
});
export const SessionsJson = Type.Array(SessionJson);
export const WhoJson = Type.Object({
  account: Type.String(),
  user: Type.Union([UserJson, Type.Null()]),
  scopes: Type.Array(ScopeText),
  via: Type.Union([Type.Literal("token"), Type.Literal("session")]),
  csrf: Type.Union([Csrf, Type.Null()]),
});
export type WhoJson = Static<typeof WhoJson>;

export const TokenJson = Type.Object({
  id: Id,
  label: Type.String(),
  scopes: Type.Array(ScopeText),
  user: Type.Union([Id, Type.Null()], { description: "who made it, and with whom it ends" }),
  createdAt: Seconds,
  expiresAt: Never,
  lastUsedAt: Type.Union([Seconds, Type.Null()], { description: "UNIX seconds, to a minute" }),
});
export type TokenJson = Static<typeof TokenJson>;
export const TokensJson = Type.Array(TokenJson);
export const NewTokenJson = Type.Object({
  label: Label,
  scopes: Type.Array(ScopeText, { minItems: 1, maxItems: 4 }),
  expiresAt: Type.Optional(Seconds),
});
export type NewTokenJson = Static<typeof NewTokenJson>;
export const MadeTokenJson = Type.Object({ secret: Secret, token: TokenJson });

export const InviteJson = Type.Object({
  id: Id,
  label: Type.String(),
  role: RoleText,
  joins: Type.Boolean({ description: "the new user joins the account that invited it; else it gets one of its own" }),
  createdAt: Seconds,
  expiresAt: Seconds,
});
export type InviteJson = Static<typeof InviteJson>;
export const InvitesJson = Type.Array(InviteJson);
export const NewInviteJson = Type.Object({
  label: Label,
  role: RoleText,
  joins: Type.Boolean(),
  days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 90, description: "7 if left out" })),
});
export type NewInviteJson = Static<typeof NewInviteJson>;
export const MadeInviteJson = Type.Object({ code: Secret, invite: InviteJson });

export const WalletKindText = Type.Union([Type.Literal("client"), Type.Literal("vault"), Type.Literal("custodial")]);
export type WalletKindText = Static<typeof WalletKindText>;
const DailyLimit = { ...MoneyText, description: "wei that a custodial wallet may sign for in a day (UTC), decimal" };
export const WalletJson = Type.Object({
  address: AddressText,
  filecoin: Type.String({
    description: "the same address as wallets of Filecoin write it: f410f…, t410f… on test networks",
  }),
  name: Type.String(),
  kind: WalletKindText,
  isDefault: Type.Boolean(),
  createdAt: Seconds,
  dailyLimit: Type.Union([Type.String(DailyLimit), Type.Null()]),
  unlockedUntil: Type.Union([Seconds, Type.Null()], { description: "UNIX seconds until which its vault is open" }),
});
export type WalletJson = Static<typeof WalletJson>;
export const WalletsJson = Type.Array(WalletJson);
const WalletName = Type.String({ minLength: 1, maxLength: 64, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });
export const NewWalletJson = Type.Object({
  name: WalletName,
  kind: WalletKindText,
  claim: Type.Optional(SignedJson),
  keystore: Type.Optional(Base64),
  dailyLimit: Type.Optional(Type.String(DailyLimit)),
});
export type NewWalletJson = Static<typeof NewWalletJson>;
export const NamedWalletJson = Type.Object({ wallet: WalletName });
export const KeystoreJson = Type.Object({ keystore: Base64 });
export const SignJson = Type.Object({
  type: Type.String({ maxLength: 40 }),
  message: Type.Record(Type.String(), Type.Unknown()),
});
export type SignJson = Static<typeof SignJson>;

const Most = Type.Union([Count, Type.Null()], { description: "null: no limit" });
export const LimitsJson = Type.Object({
  spoolBytes: Most,
  packages: Most,
  egressPerDay: Most,
  commitsPerHour: Most,
});
export type LimitsJson = Static<typeof LimitsJson>;
export const UsedLimitsJson = Type.Object({
  limits: LimitsJson,
  used: Type.Object({
    spoolBytes: Type.Integer({
      minimum: 0,
      description: "bytes at the gateway: of uploads that are not stored yet, and of packages that are kept hot",
    }),
    packages: Count,
    egressPerDay: Type.Integer({ minimum: 0, description: "bytes read today (UTC); not counted without a limit" }),
    commitsPerHour: Type.Integer({
      minimum: 0,
      description: "packages agreed in this hour; not counted without a limit",
    }),
  }),
});
export type UsedLimitsJson = Static<typeof UsedLimitsJson>;

/** What was asked for is done. */
export const DoneJson = Type.Object({ done: Type.Literal(true) });
