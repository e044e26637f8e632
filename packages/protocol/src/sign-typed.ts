import { CairnError } from "./errors.ts";
import type { PrivateKey } from "./keys.ts";
import { recoverDigest, signDigest } from "./signatures.ts";
import type { Message, SigningContext, TypeName } from "./typed-data.ts";
import { typedDigest, verifyingContract } from "./typed-digest.ts";
import type { Address, Hex } from "./words.ts";

function digest<N extends TypeName>(type: N, message: Message<N>, context: SigningContext): Uint8Array {
  const domain = { chainId: context.chainId, contract: verifyingContract(type, context) };
  return typedDigest(type, message, domain);
}

/**
 * Sign a protocol message (docs/protocol.md, 2): r ‖ s ‖ v, 65 bytes, low s, deterministic.
 *
 * @throws CairnError `bad-message` when a field does not fit its type, `bad-key`
 */
export function signTyped<N extends TypeName>(
  type: N,
  message: Message<N>,
  context: SigningContext,
  privateKey: PrivateKey,
): Hex {
  return signDigest(digest(type, message, context), privateKey);
}

/**
 * The lower-case address that signed a protocol message.
 *
 * @throws CairnError `bad-message`, `bad-signature`
 */
export function recoverTyped<N extends TypeName>(
  type: N,
  message: Message<N>,
  context: SigningContext,
  signature: Hex,
): Address {
  return recoverDigest(digest(type, message, context), signature);
}

/** Whether `address` signed the message; a malformed message or signature is simply not signed. */
export function verifyTyped<N extends TypeName>(
  address: Address,
  type: N,
  message: Message<N>,
  context: SigningContext,
  signature: Hex,
): boolean {
  try {
    return recoverTyped(type, message, context, signature) === address.toLowerCase();
  } catch (error) {
    if (error instanceof CairnError && (error.code === "bad-message" || error.code === "bad-signature")) return false;
    throw error;
  }
}
