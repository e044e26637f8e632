import type { OwnerSigner } from "@cairn/core";
import type { Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";

/** A wallet whose secp256k1 key this process has. */
export const walletSigner = (key: Hex): OwnerSigner => ({
  address: addressOfKey(key),
  async sign(type, message, context) {
    // Loaded when something is signed: most commands sign nothing.
    const { signTyped } = await import("@cairn/protocol/sign-typed");
    return signTyped(type, message, context, key);
  },
});
