import type { OwnerSigner } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import type { Address } from "@cairn/protocol/words";
import type { Gateway } from "./ports.ts";

/** A wallet that signs at the gateway: a vault while it is unlocked, or a custodial one. What comes back is the message that was asked for, signed by it. */
export const gatewaySigner = (gateway: Pick<Gateway, "signWith">, address: Address): OwnerSigner => ({
  address,
  async sign(type, message, context) {
    const [{ messageToJson }, { recoverTyped }] = await Promise.all([
      import("@cairn/protocol/typed-json"),
      import("@cairn/protocol/sign-typed"),
    ]);
    const { signature } = await gateway.signWith(address, { type, message: messageToJson<typeof type>(message) });
    const signedBy = recoverTyped(type, message, context, signature as `0x${string}`);
    if (signedBy === address) return signature as `0x${string}`;
    throw new CairnError(`the gateway signed ${type} with ${signedBy}, not with the wallet ${address}`, {
      code: "gateway-lies",
      kind: "corrupt",
      next: "Nothing was sent. Use a wallet whose key you have, and do not trust this gateway.",
    });
  },
});
