import {
  type Address,
  crypto,
  type DealId,
  type DealState,
  fromHex,
  type Hex,
  type JsonMessage,
  type PackageId,
  toHex,
} from "@cairn/protocol";

/** docs/certificate.md has it to the byte. */
export const CERTIFICATE_FORMAT = "cairn-custody-certificate-1";
export const CERTIFICATE_LIMITS = {
  /** Of the whole file. */
  bytes: 67_108_864,
  deals: 4096,
  /** Of one deal: the gateway tells no more runs apart. */
  spans: 300,
  roots: 100_000,
  /** A tree of 2³² leaves. */
  path: 32,
  verifiers: 64,
  vote: 2048,
};

export const SPAN_OUTCOMES = [
  "proved",
  "chain",
  "late",
  "silent",
  "held",
  "unheard",
  "damaged",
  "wrong",
  "off-duty",
  "mixed",
] as const;
export type SpanOutcome = (typeof SPAN_OUTCOMES)[number];

/** Periods in a row that came to the same for a deal; those between two spans are void: nobody judged them. */
export interface CertifiedSpan {
  from: number;
  to: number;
  outcome: SpanOutcome;
  /** Periods with a verdict in which something was due. */
  counted: number;
  proved: number;
  onChain: number;
}

/** A verdict leaf of the deal with its way to a root. Its counts are those of all periods since the receipt. */
export interface CertifiedLeaf {
  /** Index in `roots`. */
  root: number;
  fulfilled: number;
  committed: number;
  verdict: number;
  faultA: number;
  faultB: number;
  path: Hex[];
}

export interface CertifiedDeal {
  deal: DealId;
  /** Its EIP-712 digest is the deal's id. */
  quote: JsonMessage<"Quote">;
  receivedAt: number;
  state: DealState;
  /** Last period that it pays for, as agreed or as its owner ended it. */
  lastPeriod: number;
  spans: CertifiedSpan[];
  leaves: CertifiedLeaf[];
}

/** A root that the verifiers agreed on. */
export interface CertifiedRoot {
  period: number;
  root: Hex;
  leafFileHash: Hex;
  leaves: number;
  finalizedAt: number | null;
  /** The transactions of type 2 by which verifiers voted for it, as they signed them. */
  votes: Hex[];
}

export interface CertifiedPiece {
  piece: number;
  /** Bytes of its CAR file. */
  length: number;
  commP: Hex;
  /** PieceCID v2 of both. */
  pieceCid: string;
}

export interface Certificate {
  format: typeof CERTIFICATE_FORMAT;
  /** The chain's time. */
  issuedAt: number;
  /** The newest period that could have been judged. */
  period: number;
  network: {
    chainId: number;
    deals: Address;
    registry: Address;
    ledger: Address;
    genesisTime: number;
    periodSeconds: number;
  };
  /** keccak256(abi.encode(verifiers, quorum)) is what the quotes name. */
  set: { verifiers: Address[]; quorum: number };
  package: {
    id: PackageId;
    owner: Address;
    /** sha256 of the document. */
    documentHash: Hex;
    /** The commitment document, dag-cbor, in base64. */
    document: string;
  };
  pieces: CertifiedPiece[];
  /** Ascending. */
  roots: CertifiedRoot[];
  deals: CertifiedDeal[];
  /** Who signs: the package's executor. */
  gateway: Address;
}

export interface SignedCertificate {
  certificate: Certificate;
  signature: Hex;
}

const utf8 = new TextEncoder();

/** What the gateway signs: EIP-191 (personal_sign) of the certificate's JSON. */
export function certificateDigest(certificate: Certificate): Uint8Array {
  const body = utf8.encode(JSON.stringify(certificate));
  const head = utf8.encode(`\u0019Ethereum Signed Message:\n${body.length}`);
  const message = new Uint8Array(head.length + body.length);
  message.set(head);
  message.set(body, head.length);
  return crypto.keccak(message);
}

/** The file. */
export const certificateText = ({ certificate, signature }: SignedCertificate): string =>
  `${JSON.stringify({ certificate, signature })}\n`;

/** As ProofLedger names a verifier set: keccak256(abi.encode(address[] verifiers, uint8 quorum)). */
export function verifierSetId({ verifiers, quorum }: Certificate["set"]): Hex {
  const word = (value: number | Hex) =>
    (typeof value === "number" ? value.toString(16) : value.slice(2).toLowerCase()).padStart(64, "0");
  const words = [word(64), word(quorum), word(verifiers.length), ...verifiers.map(word)].join("");
  return toHex(crypto.keccak(fromHex(`0x${words}`)));
}
