import type { ChannelText, FrequencyText, NoticeSettingsJson } from "@cairn/client";

export type NoticeKind = keyof NoticeSettingsJson["kinds"];

/** As the engine has them (packages/accounts/src/notices/kinds.ts), which a test holds them to. */
export const CHANNELS = ["console", "webhook", "mail"] as const satisfies readonly ChannelText[];

export const FREQUENCIES: Record<NoticeKind, readonly FrequencyText[]> = {
  expiry: ["never", "once", "daily", "weekly", "monthly"],
  "balance-low": ["never", "daily", "weekly", "monthly"],
  balance: ["never", "daily", "weekly", "monthly"],
  damage: ["never", "each", "daily"],
  repair: ["never", "each", "daily"],
  fixity: ["never", "each"],
  deposit: ["never", "each"],
  owner: ["never", "daily", "weekly"],
  account: ["never", "each"],
};

export const KINDS = Object.keys(FREQUENCIES) as NoticeKind[];

/** What accounts that set nothing have, of what the page of storing sets. */
export const NOTICE_DEFAULTS = {
  expiry: "weekly",
  "balance-low": "daily",
  balance: "never",
  expiryDays: 30,
  lowBalance: "10000000000000000000",
} as const;
