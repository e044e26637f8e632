import type { Static } from "typebox";
import { Type } from "./schema-builder.ts";
import { AddressText, Hash, MoneyText } from "./schemas.ts";

/** Wire schemas of what moves coins: histories, transfers, and what a browser needs of the chain to send. */
const Seconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: "UNIX seconds" });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Signed = (description: string) => Type.String({ pattern: "^-?[0-9]{1,78}$", description });
const Link = Type.Union([Type.String(), Type.Null()], {
  description: "to the transaction, by the account's setting `explorer`: http or https, or null",
});

/** One line of a wallet's history. */
export const HistoryLineJson = Type.Object({
  side: Type.Union([Type.Literal("coins"), Type.Literal("deposit")], {
    description: "of the coins at the address, or of what the contract holds for it",
  }),
  at: Seconds,
  block: Count,
  kind: Type.String({
    description:
      "coins: opening (what it had when it was added) | in | out | fee | deposit | withdraw | reward (of a block) | unexplained (no transaction shows it: a contract paid, for one); deposit: as in the statement",
  }),
  coins: Signed("signed change of the coins at the address, in wei, decimal"),
  deposit: Signed("signed change of the deposit, in wei, decimal"),
  escrow: Signed("signed change of what is in escrow, in wei, decimal"),
  reserve: Signed("signed change of what is in reserve, in wei, decimal"),
  coinsAfter: Signed("coins after it, in wei, decimal"),
  depositAfter: MoneyText,
  counterparty: Type.Union([AddressText, Type.Null()]),
  transaction: Type.Union([Hash, Type.Null()]),
  link: Link,
  deal: Type.Union([Hash, Type.Null()]),
  documentHash: Type.Union([Hash, Type.Null()]),
});
export type HistoryLineJson = Static<typeof HistoryLineJson>;
export const HistoryPageJson = Type.Object({
  lines: Type.Array(HistoryLineJson),
  next: Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" }),
  through: Type.Union([Count, Type.Null()], {
    description: "the final block that the lines are complete to; null while the wallet is new",
  }),
});
export type HistoryPageJson = Static<typeof HistoryPageJson>;

/** A transaction to or from a wallet, until it is confirmed and for a while after. */
export const TransferJson = Type.Object({
  wallet: AddressText,
  transaction: Hash,
  direction: Type.Union([Type.Literal("in"), Type.Literal("out")]),
  from: AddressText,
  to: Type.Union([AddressText, Type.Null()]),
  amount: MoneyText,
  state: Type.Union(
    [
      Type.Literal("pending"),
      Type.Literal("included"),
      Type.Literal("confirmed"),
      Type.Literal("failed"),
      Type.Literal("reorganised"),
      Type.Literal("dropped"),
    ],
    {
      description:
        "pending: waits for a block | included: fewer blocks are after it than are needed | confirmed | failed: nothing was moved | reorganised: its block was taken back, it waits again | dropped: it will not come",
    },
  ),
  block: Type.Union([Count, Type.Null()]),
  confirmations: Type.Integer({ minimum: 0, description: "blocks from its own on, as far as they are needed" }),
  needed: Count,
  reorganisations: Count,
  firstSeenAt: Seconds,
  changedAt: Seconds,
  link: Link,
});
export type TransferJson = Static<typeof TransferJson>;
export const TransfersJson = Type.Array(TransferJson);
export const LiveTransferJson = Type.Object({ type: Type.Literal("transfer"), transfer: TransferJson });
export type LiveTransferJson = Static<typeof LiveTransferJson>;

export const NonceJson = Type.Object({
  next: Type.Integer({ minimum: 0, description: "of the wallet's next transaction: those that wait are counted" }),
  included: Type.Integer({ minimum: 0, description: "transactions of it that a block has" }),
});
export type NonceJson = Static<typeof NonceJson>;
export const FeesJson = Type.Object({
  chainId: Count,
  baseFee: MoneyText,
  maxFeePerGas: MoneyText,
  maxPriorityFeePerGas: MoneyText,
  gas: Type.String({
    pattern: "^[0-9]{1,20}$",
    description: "gas of the call that was asked about, or of a plain payment",
  }),
});
export type FeesJson = Static<typeof FeesJson>;
/** A wallet moves coins and calls the contract: 8 KiB are plenty. */
export const RawTransactionJson = Type.Object({
  rawTransaction: Type.String({ pattern: "^0x([0-9a-fA-F]{2})+$", maxLength: 16_384 }),
});
export const SentJson = Type.Object({ transaction: Hash });
export type SentJson = Static<typeof SentJson>;
