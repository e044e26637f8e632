import type { Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";
import type { CoinSigner } from "./send-call.ts";

/** A wallet whose key this process has. */
export const coinSigner = (key: Hex): CoinSigner => ({
  address: addressOfKey(key),
  async signTransaction(call, envelope) {
    const { signTransaction } = await import("@cairn/protocol/sign-transaction");
    return signTransaction(call, envelope, key);
  },
});
