import type { Address, Money } from "@cairn/protocol";

/**
 * Who holds a wallet's key: its `client`; the gateway's memory for minutes, while somebody has unlocked the `vault`; or the gateway at any time, up to a
 * limit a day (`custodial`).
 */
export const WALLET_KINDS = ["client", "vault", "custodial"] as const;
export type WalletKind = (typeof WALLET_KINDS)[number];

export interface Wallet {
  /** Lower-case. */
  address: Address;
  name: string;
  kind: WalletKind;
  isDefault: boolean;
  /** UNIX seconds. */
  createdAt: number;
  /** Wei; of custodial ones. */
  dailyLimit: Money | null;
}

/** Columns of a Wallet, of `accounts.wallets w`. */
export const WALLET_COLUMNS = `w.address, w.name, w.kind, w.is_default as "isDefault",
  floor(extract(epoch from w.created_at))::float8 as "createdAt", w.daily_limit::text as "dailyLimit"`;

export type WalletRow = Omit<Wallet, "dailyLimit"> & { dailyLimit: string | null };

export const walletOf = ({ dailyLimit, ...row }: WalletRow): Wallet => ({
  ...row,
  dailyLimit: dailyLimit === null ? null : BigInt(dailyLimit),
});
