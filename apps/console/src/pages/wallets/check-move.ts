import type { Address, Money } from "@cairn/protocol";
import { addressOfText } from "@cairn/protocol/filecoin-address";
import { type NoAmount, parseCoins } from "../../format/parse-coins.ts";
import type { Move } from "../../wallets/move.ts";

export interface TypedMove {
  kind: Move["kind"];
  amount: string;
  /** Of `send`. */
  to: string;
  /** Of `deposit`: for whom. */
  wallet: Address;
}

export type MoveFault =
  | { field: "amount"; why: NoAmount }
  /** More than there is, fee aside. */
  | { field: "amount"; why: "more"; most: Money }
  | { field: "to"; why: "empty" | "address" | "itself" };

/** What was typed as a move, or what is wrong with it. @param from the wallet, with what it has */
export function checkMove(
  { kind, amount, to, wallet }: TypedMove,
  from: { address: Address; coins: Money; deposit: Money },
): Move | MoveFault {
  const wei = parseCoins(amount);
  if (typeof wei !== "bigint") return { field: "amount", why: wei };
  const most = kind === "withdraw" ? from.deposit : from.coins;
  if (wei > most) return { field: "amount", why: "more", most };
  if (kind === "withdraw") return { kind, amount: wei };
  if (kind === "deposit") return { kind, amount: wei, wallet };
  if (to.trim() === "") return { field: "to", why: "empty" };
  try {
    const address = addressOfText(to.trim());
    return address === from.address.toLowerCase() ? { field: "to", why: "itself" } : { kind, amount: wei, to: address };
  } catch {
    return { field: "to", why: "address" };
  }
}
