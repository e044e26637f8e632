import type { WalletJson } from "@cairn/client";
import type { Owner } from "@cairn/owner/ports";
import type { Address, Hex } from "@cairn/protocol";
import { client } from "../api/client.ts";
import { type KeysState, keysState } from "../keys/keys.ts";

/** `here`: this browser has the key, or can open it; `none`: it has no key at all; `gateway`, `elsewhere`: somebody else has it. */
type Holder = "here" | "none" | "gateway" | "elsewhere";

/** Who can sign for a wallet's coins. */
export function holderOf({ kind, address }: Pick<WalletJson, "kind" | "address">, keys: KeysState): Holder {
  if (kind === "custodial") return "gateway";
  if (keys.at !== "held") return "none";
  return kind === "vault" || keys.held.address.toLowerCase() === address.toLowerCase() ? "here" : "elsewhere";
}

/** The 32 bytes of a wallet whose keystore is here or, a vault's, at the gateway; to be overwritten after use. @throws CairnError `wrong-key`, `key-locked`, `gateway-lies` */
export async function openWalletBytes({ kind, address }: WalletJson, owner: Owner): Promise<Uint8Array> {
  const own = address.toLowerCase() as Address;
  if (kind === "vault") {
    const { openKeystore } = await import("@cairn/owner/own-wallets");
    return openKeystore(client, owner.openKey, own);
  }
  const [{ decryptSecret }, { addressOfKey }, { toHex }, { lie }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/keys"),
    import("@cairn/protocol/hex"),
    import("@cairn/owner/gateway-lies"),
  ]);
  const state = keysState();
  const keystore = state.at === "held" ? state.held.wallet : new Uint8Array();
  const bytes = await decryptSecret(await owner.openKey(), keystore);
  const found = addressOfKey(toHex(bytes));
  if (found === own) return bytes;
  bytes.fill(0);
  throw lie("the wallet of the keystore", address, found, "Nothing was signed.");
}

export async function openWalletKey(wallet: WalletJson, owner: Owner): Promise<Hex> {
  const { toHex } = await import("@cairn/protocol/hex");
  const bytes = await openWalletBytes(wallet, owner);
  try {
    return toHex(bytes);
  } finally {
    bytes.fill(0);
  }
}
