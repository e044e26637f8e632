/** What accounts are told of; docs/notifications.md says when each is written. */
export const NOTICE_KINDS = [
  "expiry",
  "balance-low",
  "balance",
  "damage",
  "repair",
  "fixity",
  "deposit",
  "owner",
  "account",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** How often the same thing is told of. `each`: every time that it happens; `once`: one time in all. */
export const FREQUENCIES = ["never", "once", "each", "daily", "weekly", "monthly"] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** Which frequencies a kind can have: what lasts is told of again, what happens is told of as it happens. */
export const ALLOWED_FREQUENCIES: Record<NoticeKind, readonly Frequency[]> = {
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

/** Where notices go: the list that the console shows, every webhook of the account, its confirmed address. */
export const CHANNELS = ["console", "webhook", "mail"] as const;
export type Channel = (typeof CHANNELS)[number];

interface KindSettings {
  frequency: Frequency;
  channels: Channel[];
}

export interface NoticeSettings {
  kinds: Record<NoticeKind, KindSettings>;
  /** How many days before its end a deal is told of. */
  expiryDays: number;
  /** Wei; a wallet with less, deposit and coins together, is told of. */
  lowBalance: bigint;
}

const all = (frequency: Frequency): KindSettings => ({ frequency, channels: [...CHANNELS] });
const shown = (frequency: Frequency): KindSettings => ({ frequency, channels: ["console", "webhook"] });

/**
 * Of accounts that have set nothing. Choices: a month is time to bring coins and to put again, and a letter a week is read; a low balance is what a hundred
 * GiB for some weeks cost at the prices of a local network.
 */
export const DEFAULT_NOTICE_SETTINGS: NoticeSettings = {
  kinds: {
    expiry: all("weekly"),
    "balance-low": all("daily"),
    balance: all("never"),
    damage: all("daily"),
    repair: shown("daily"),
    fixity: all("each"),
    deposit: shown("each"),
    owner: all("daily"),
    account: all("each"),
  },
  expiryDays: 30,
  lowBalance: 10n * 10n ** 18n,
};
/** Days before its end that a deal can be told of at most. */
export const MOST_EXPIRY_DAYS = 365;
