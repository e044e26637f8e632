import { createHash } from "node:crypto";
import { decryptKey, encryptKey, generateKey } from "@cairn/chain/wallet";
import type { OwnerSigner } from "@cairn/core";
import { type Address, addressOfKey, type Hex, type Message, messageToJson, signTyped } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { keystoreOf } from "./keystore-of.ts";
import { requireOwnerType } from "./owner-types.ts";
import { spend } from "./spend.ts";

/** The home's secret has 256 random bits, so that stretching it would only cost time. */
const SCRYPT_N = 2 ** 12;

/** A key whose keystore opens with the home's secret, for a wallet that the gateway signs for by itself. */
export async function makeCustodialKey(secret: string): Promise<{ address: Address; keystore: Buffer }> {
  const key = generateKey();
  return {
    address: addressOfKey(key),
    keystore: Buffer.from(JSON.stringify(await encryptKey(key, secret, { n: SCRYPT_N }))),
  };
}

/** Signs whenever it is asked; what mandates allow to be spent in a day stays within the wallet's limit. */
export function custodialSigner(
  accounts: AccountsContext,
  wallet: { account: string; address: Address },
  secret: string,
): OwnerSigner {
  return {
    address: wallet.address,
    async sign(type, message, context) {
      requireOwnerType(type);
      const keystore = await keystoreOf(accounts.pool, wallet);
      const key: Hex = await decryptKey(JSON.parse(keystore?.toString("utf8") ?? "null"), secret);
      // Signed first: a message that is refused counts nothing. It leaves only after it was counted.
      const signature = signTyped(type, message, context, key);
      if (type === "Mandate") {
        const mandate = message as Message<"Mandate">;
        await spend(accounts, {
          address: wallet.address,
          digest: createHash("sha256")
            .update(JSON.stringify(messageToJson<"Mandate">(mandate)))
            .digest(),
          amount: mandate.maxEscrow + mandate.repairReserve,
        });
      }
      return signature;
    },
  };
}
