import type { Address, Hex, Message, SigningContext, TypeName } from "@cairn/protocol";

/**
 * The wallet that owns packages, as far as its owner's operations need it: a key of this process, of a vault or of a device. It may ask a
 * person, and refuse by throwing; then nothing was signed.
 */
export interface OwnerSigner {
  /** In lower case. */
  readonly address: Address;
  /** Sign a protocol message (docs/protocol.md, 2) for the contracts of `context`. @throws CairnError `bad-message` */
  sign<N extends TypeName>(type: N, message: Message<N>, context: SigningContext): Promise<Hex>;
}
