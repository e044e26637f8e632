import type { OwnerSigner } from "@cairn/core";
import type { Address, Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { addressOfKey } from "@cairn/protocol/keys";
import { lie } from "./gateway-lies.ts";
import { gatewaySigner } from "./gateway-signer.ts";
import type { Gateway, Owner, OwnWallets } from "./ports.ts";
import { walletSigner } from "./wallet-signer.ts";

export interface OwnWalletsPorts {
  gateway: Pick<Gateway, "wallets" | "walletKeystore" | "signWith">;
  openKey: Owner["openKey"];
  /** Private keys that this side has, beside that of the owner's signer. */
  keys?: readonly Hex[];
  /** Addresses that a record of this side has: wallets that were made, named or vouched for here. */
  recorded?: () => Promise<readonly Address[]>;
  /** What a person is to do where a wallet is theirs that nothing here knows; empty where nothing can be done. */
  advice?: (address: Address) => string;
}

/**
 * The owner's wallets by what this side has itself. The gateway is asked for keystores and for what kind a wallet is, and names none: a vault counts
 * where its keystore was encrypted by the owner's OpenPGP key, any other wallet where its key or a record of it is here.
 */
export function ownWallets({ gateway, openKey, keys = [], recorded, advice }: OwnWalletsPorts): OwnWallets {
  let held: Map<Address, Hex> | undefined;
  const keysHere = () => {
    held ??= new Map(keys.map((key) => [addressOfKey(key), key]));
    return held;
  };
  const addresses = async () => [...keysHere().keys(), ...((await recorded?.()) ?? [])];
  const kindOf = async (address: Address) =>
    (await gateway.wallets()).find((one) => one.address.toLowerCase() === address)?.kind;
  return {
    addresses,
    async owns(address) {
      if ((await addresses()).includes(address)) return true;
      if ((await kindOf(address)) !== "vault") return false;
      try {
        const bytes = await openKeystore(gateway, openKey, address, true);
        bytes.fill(0);
        return true;
      } catch (error) {
        if (error instanceof CairnError && error.code === "wrong-key") return false;
        throw error;
      }
    },
    signer: (address) => ({
      address,
      async sign(type, message, context) {
        const key = keysHere().get(address);
        if (key !== undefined) return walletSigner(key).sign(type, message, context);
        const kind = await kindOf(address);
        if (kind === undefined || kind === "client") throw keyElsewhere(address);
        const atGateway = gatewaySigner(gateway, address);
        if (kind === "custodial") return atGateway.sign(type, message, context);
        let bytes: Uint8Array;
        try {
          bytes = await openKeystore(gateway, openKey, address);
        } catch (error) {
          // Encrypted to another key of the account's: whoever has that unlocks it at the gateway.
          if (error instanceof CairnError && error.code === "wrong-key") return atGateway.sign(type, message, context);
          throw error;
        }
        try {
          const { toHex } = await import("@cairn/protocol/hex");
          return await walletSigner(toHex(bytes)).sign(type, message, context);
        } finally {
          bytes.fill(0);
        }
      },
    }),
    ...(advice === undefined ? {} : { advice }),
  };
}

/**
 * The 32 bytes of a vault's key, by the owner's OpenPGP key; to be overwritten after use.
 * @param own that key must have encrypted it, too
 * @throws CairnError `wrong-key`, `key-locked`, `gateway-lies` where it is another wallet's
 */
export async function openKeystore(
  gateway: Pick<Gateway, "walletKeystore">,
  openKey: Owner["openKey"],
  address: Address,
  own = false,
): Promise<Uint8Array> {
  const [{ decryptOwnSecret, decryptSecret }, { fromBase64 }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/wire/base64"),
  ]);
  const encrypted = fromBase64((await gateway.walletKeystore(address)).keystore);
  const bytes = await (own ? decryptOwnSecret : decryptSecret)(await openKey(), encrypted);
  const found = addressIn(bytes);
  if (found === address) return bytes;
  bytes.fill(0);
  throw lie("the wallet of the keystore", address, found, "Nothing was signed.");
}

/** A gateway may hand over whatever was encrypted to the owner's key. */
function addressIn(bytes: Uint8Array): Address | "no key" {
  try {
    return addressOfKey(bytes);
  } catch {
    return "no key";
  }
}

/**
 * Signs for a wallet of the owner's, as a package's document names it.
 * @throws CairnError `wallet-elsewhere` at once where nothing but the owner's first wallet is known; when it signs, where its key cannot be had
 */
export function signerFor(owner: Pick<Owner, "signer" | "wallets">, address: Address): OwnerSigner {
  if (address === owner.signer.address) return owner.signer;
  if (owner.wallets === undefined) throw keyElsewhere(address);
  return owner.wallets.signer(address);
}

const keyElsewhere = (address: Address): CairnError =>
  new CairnError(`this is signed by the wallet ${address}, whose key is neither here nor at the gateway`, {
    code: "wallet-elsewhere",
    kind: "auth",
    details: { address },
    next: "Use the home that has its key, or import that account here: `cairn key import FILE`.",
  });
