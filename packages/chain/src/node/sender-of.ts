import type { TypedTransaction } from "@ethereumjs/tx";
import type { Address } from "@ethereumjs/util";

const known = new WeakMap<TypedTransaction, Address>();

/** The signer of a transaction, computed once. @throws when the signature is not valid */
export function senderOf(transaction: TypedTransaction): Address {
  const found = known.get(transaction) ?? transaction.getSenderAddress();
  known.set(transaction, found);
  return found;
}
