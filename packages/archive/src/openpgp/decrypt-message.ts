import { CairnError } from "@cairn/protocol/errors";
import { crypto } from "#crypto";
import { concatBytes, equalBytes } from "../bytes.ts";
import type { StreamCipher, StreamedHash } from "../crypto/crypto.ts";
import { LITERAL, MDC_BYTES, MDC_HEADER, PREFIX_BYTES, SEIPD, STEP } from "./compose-message.ts";
import { BodyReader, corruptMessage, type PacketStart, readPacketStart } from "./packet-reader.ts";
import type { SessionKey } from "./session-key.ts";

/** Finds the session key in the bodies of a message's session-key packets; throws `wrong-key`. */
export type Unwrap = (packets: Uint8Array[]) => SessionKey | Promise<SessionKey>;

const PKESK = 1;
const SKESK = 3;
const MARKER = 10;
const MAX_ENVELOPE = 65_536;
const EMPTY = new Uint8Array(0);

export interface Envelope {
  sessionKeyPackets: Uint8Array[];
  /** Offset of the encrypted packet. */
  length: number;
  seipd: PacketStart;
}

/** Session-key packets and the header of the encrypted packet; undefined when more bytes are needed. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  const sessionKeyPackets: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const start = readPacketStart(bytes.subarray(at));
    if (start?.tag === SEIPD) return { sessionKeyPackets, length: at, seipd: start };
    if (start && (![PKESK, SKESK, MARKER].includes(start.tag) || start.partial)) {
      throw new CairnError(`an OpenPGP packet of type ${start.tag} is not supported here`, {
        code: "unsupported-message",
        kind: "input",
        next: "Decrypt this message with gpg.",
      });
    }
    const end = start ? at + start.headerBytes + start.length : bytes.length + 1;
    if (end > MAX_ENVELOPE) throw corruptMessage("its session-key packets are too long");
    if (!start || end > bytes.length) return undefined;
    if (start.tag === PKESK) sessionKeyPackets.push(bytes.slice(at + start.headerBytes, end));
    at = end;
  }
}

/** Copies nothing where there was nothing before: most messages come in one part. */
function joined(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  return before.length === 0 ? bytes : concatBytes([before, bytes]);
}

/**
 * Decrypts one SEIPD version 1 message that holds an uncompressed literal packet, as it arrives.
 * Plaintext is emitted before it is authenticated: use it only after `finish` returned.
 */
export class MessageDecryptor {
  private readonly unwrap: Unwrap;
  private readonly emit: (bytes: Uint8Array) => void;
  private readonly mdc: StreamedHash = crypto.sha1();
  private head: Uint8Array = EMPTY;
  private outer: BodyReader | undefined;
  private decipher: StreamCipher | undefined;
  private version: number | undefined;
  private plainHead: Uint8Array = EMPTY;
  private literal: BodyReader | undefined;
  private fields: Uint8Array | undefined = EMPTY;
  private trailer: Uint8Array = EMPTY;

  constructor(unwrap: Unwrap, emit: (bytes: Uint8Array) => void) {
    this.unwrap = unwrap;
    this.emit = emit;
  }

  /** Throws `wrong-key`, `corrupt-message` or `unsupported-message`. */
  async push(bytes: Uint8Array): Promise<void> {
    let body = bytes;
    if (!this.outer) {
      this.head = joined(this.head, bytes);
      const envelope = readEnvelope(this.head);
      if (!envelope) {
        this.head = this.head.slice();
        return;
      }
      const session = await this.unwrap(envelope.sessionKeyPackets);
      this.decipher = crypto.decryptCfb(session.key, new Uint8Array(16));
      this.outer = new BodyReader(envelope.seipd);
      body = this.head.subarray(envelope.length + envelope.seipd.headerBytes);
      this.head = EMPTY;
    }
    const behind = this.outer.push(body, (part) => this.ciphertext(part));
    if (behind.length > 0) throw corruptMessage("bytes follow its end");
  }

  /** Checks that the message is complete and its integrity code right; throws `corrupt-message`. */
  finish(): void {
    if (!this.outer?.done || !this.literal?.done || this.fields !== undefined) throw corruptMessage("it is cut short");
    const { trailer } = this;
    if (trailer.length !== MDC_BYTES || !equalBytes(trailer.subarray(0, 2), MDC_HEADER)) {
      throw corruptMessage("it has no integrity code");
    }
    this.mdc.update(MDC_HEADER);
    if (!crypto.equalSecrets(trailer.subarray(2), this.mdc.digest())) {
      throw corruptMessage("its integrity code is wrong");
    }
  }

  private ciphertext(part: Uint8Array): void {
    let bytes = part;
    if (this.version === undefined) {
      this.version = bytes[0];
      if (this.version !== 1) throw corruptMessage(`encrypted packets of version ${this.version} are not supported`);
      bytes = bytes.subarray(1);
    }
    // Cipher, hash and writer share the cache at this size.
    for (let at = 0; this.decipher && at < bytes.length; at += STEP) {
      this.plaintext(this.decipher.update(bytes.subarray(at, at + STEP)));
    }
  }

  private plaintext(part: Uint8Array): void {
    let bytes = part;
    if (!this.literal) {
      this.plainHead = joined(this.plainHead, bytes);
      if (this.plainHead.length <= PREFIX_BYTES) return;
      const start = readPacketStart(this.plainHead.subarray(PREFIX_BYTES));
      if (!start) return;
      if (start.tag !== LITERAL) {
        throw new CairnError("the message holds compressed or signed data, which is not supported here", {
          code: "unsupported-message",
          kind: "input",
          next: "Decrypt this message with gpg.",
        });
      }
      const end = PREFIX_BYTES + start.headerBytes;
      this.mdc.update(this.plainHead.subarray(0, end));
      this.literal = new BodyReader(start);
      bytes = this.plainHead.subarray(end);
      this.plainHead = EMPTY;
    }
    const behind = this.literal.push(bytes, (body) => this.literalBody(body));
    this.mdc.update(bytes.subarray(0, bytes.length - behind.length));
    if (this.trailer.length + behind.length > MDC_BYTES) throw corruptMessage("it holds more than one packet");
    if (behind.length > 0) this.trailer = concatBytes([this.trailer, behind]);
  }

  /** Skips format, name and date. */
  private literalBody(body: Uint8Array): void {
    if (this.fields === undefined) {
      this.emit(body);
      return;
    }
    const all = joined(this.fields, body);
    const end = 6 + (all[1] ?? 0);
    this.fields = all;
    if (all.length < 2 || all.length < end) return;
    this.fields = undefined;
    if (all.length > end) this.emit(all.subarray(end));
  }
}
