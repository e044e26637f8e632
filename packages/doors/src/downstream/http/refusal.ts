import { CairnError, type ErrorKind } from "@cairn/protocol";

const KINDS: Record<number, ErrorKind> = { 401: "auth", 404: "missing", 500: "internal" };

/** An answer other than 200, as this protocol has it: a status and one exact text. */
export class Refusal extends CairnError {
  readonly status: number;
  /** Further headers of the answer. */
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    const kind = KINDS[status] ?? (status >= 500 || status === 429 ? "unavailable" : "input");
    super(message, { code: "downstream-refused", kind });
    this.status = status;
    this.headers = headers;
  }

  override get httpStatus(): number {
    return this.status;
  }
}

export function tooManyRequests(seconds: number): Refusal {
  return new Refusal(429, TEXTS.tooManyRequests, { "retry-after": String(seconds) });
}

/** Texts of the original, letter by letter, and our own for what it never refused. */
export const TEXTS = {
  signatureRequired: "New token requests must include posted signature proving ownership of farming address",
  registrationBody: 'Posted data must be JSON encoded object including "signature" and "message"',
  messageTooLong: (characters: number) => `Please restrict your message to less than ${characters} bytes.`,
  signatureLength: "Your signature is the wrong length.  It should be 88bytes.",
  signatureInvalid: "Signature invalid.",
  tooManyTokens: (tokens: number) => `IP Disallowed, only ${tokens} tokens are permitted per IP address`,
  badAddress: "Invalid address given: address is not a valid SJCX address.",
  notWhitelisted: "Invalid address given: address must be in whitelist.",
  noToken: "Nonexistent token.",
  noFarmer: "Nonexistant farmer id.",
  badSort: "Invalid sort.",
  internal: "Internal Server Error",
  badHash: "Invalid file hash",
  noContract: "Contract does not exist.",
  proofBody: 'Posted data must be an JSON encoded proof object: {"proof":"...proof object..."}',
  badNonce: "The signed message must hold a fresh nonce of this node: sign the message that GET nonce/<address> gives.",
  proofsBody:
    'Posted data must be JSON encoded object: {"proofs":[{"file_hash":"...file hash...","proof":"...proof object..."}]}',
  hashesBody: 'Posted data must be JSON encoded object: {"hashes":["...file hash..."]}',
  tooManyItems: (items: number) => `Please restrict your request to ${items} contracts.`,
  bodyTooLarge: (bytes: number) => `Please restrict your request to ${bytes} bytes.`,
  bodyTooSlow: "The request's body did not arrive in time.",
  bodyBroken: "The request's body broke off.",
  tooManyRequests: "Too many requests from your network, please slow down.",
  bearerRequired: "Please send your token in the header: Authorization: Bearer <token>",
  noShard: "No contract of this token is on that shard.",
  badRange: "The range lies outside of the shard.",
  away: "The node cannot reach its database, please try again.",
} as const;
