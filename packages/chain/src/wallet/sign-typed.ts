import {
  type Address,
  CairnError,
  type Hex,
  type Message,
  type SigningContext,
  type TypeName,
  typedDigest,
  verifyingContract,
} from "@cairn/core";
import { crypto } from "./native.ts";
import { recoverDigest, signDigest } from "./signatures.ts";

function digest<N extends TypeName>(type: N, message: Message<N>, context: SigningContext): Uint8Array {
  const domain = { chainId: context.chainId, contract: verifyingContract(type, context) };
  return typedDigest(type, message, domain, crypto.keccak);
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
  privateKey: Hex,
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
