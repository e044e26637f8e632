import { DEAL_STATES, type Hex, type JsonMessage, messageFromJson, messageToJson } from "@cairn/protocol";
import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_LIMITS,
  type Certificate,
  type CertifiedDeal,
  type CertifiedLeaf,
  type CertifiedPiece,
  type CertifiedRoot,
  type CertifiedSpan,
  certificateText,
  type SignedCertificate,
  SPAN_OUTCOMES,
} from "./certificate.ts";
import { unfit } from "./unfit.ts";

/** Periods and times beyond this are nobody's. */
const MOST = 2 ** 40;
const COUNT = 2 ** 32 - 1;

/**
 * The file of a certificate that anybody may have written. What it says is not checked here.
 * @throws CairnError `bad-certificate`, naming the field, unless it is the only text of a certificate of this format
 */
export function readCertificate(text: string): SignedCertificate {
  if (text.length > CERTIFICATE_LIMITS.bytes)
    throw unfit("the file", `has more than ${CERTIFICATE_LIMITS.bytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unfit("the file", "is not JSON");
  }
  const file = fields(value, "the file", ["certificate", "signature"]);
  const read: SignedCertificate = {
    certificate: certificateOf(file.certificate),
    signature: hexText(file.signature, "signature", 65),
  };
  if (certificateText(read) !== text) throw unfit("the file", "is not in its only spelling");
  return read;
}

function certificateOf(value: unknown): Certificate {
  const of = fields(value, "certificate", [
    ...["format", "issuedAt", "period", "network", "set", "package", "pieces", "roots", "deals", "gateway"],
  ]);
  if (of.format !== CERTIFICATE_FORMAT) throw unfit("format", `is not ${CERTIFICATE_FORMAT}`);
  const network = fields(of.network, "network", [
    ...["chainId", "deals", "registry", "ledger", "genesisTime", "periodSeconds"],
  ]);
  const set = fields(of.set, "set", ["verifiers", "quorum"]);
  const kept = fields(of.package, "package", ["id", "owner", "documentHash", "document"]);
  return {
    format: CERTIFICATE_FORMAT,
    issuedAt: whole(of.issuedAt, "issuedAt", MOST),
    period: whole(of.period, "period", MOST),
    network: {
      chainId: whole(network.chainId, "network.chainId", Number.MAX_SAFE_INTEGER),
      deals: hexText(network.deals, "network.deals", 20),
      registry: hexText(network.registry, "network.registry", 20),
      ledger: hexText(network.ledger, "network.ledger", 20),
      genesisTime: whole(network.genesisTime, "network.genesisTime", MOST),
      periodSeconds: dividing(network.periodSeconds, "network.periodSeconds", 3600),
    },
    set: {
      verifiers: list(set.verifiers, "set.verifiers", CERTIFICATE_LIMITS.verifiers, (one, at) => hexText(one, at, 20)),
      quorum: whole(set.quorum, "set.quorum", CERTIFICATE_LIMITS.verifiers, 1),
    },
    package: {
      id: matching(kept.id, "package.id", /^[0-9a-f]{32}$/, 32),
      owner: hexText(kept.owner, "package.owner", 20),
      documentHash: hexText(kept.documentHash, "package.documentHash", 32),
      document: matching(kept.document, "package.document", /^[A-Za-z0-9+/]*={0,2}$/, CERTIFICATE_LIMITS.bytes),
    },
    pieces: list(of.pieces, "pieces", CERTIFICATE_LIMITS.deals, pieceOf),
    roots: list(of.roots, "roots", CERTIFICATE_LIMITS.roots, rootOf),
    deals: list(of.deals, "deals", CERTIFICATE_LIMITS.deals, dealOf),
    gateway: hexText(of.gateway, "gateway", 20),
  };
}

function pieceOf(value: unknown, at: string): CertifiedPiece {
  const of = fields(value, at, ["piece", "length", "commP", "pieceCid"]);
  return {
    piece: whole(of.piece, `${at}.piece`, COUNT),
    length: whole(of.length, `${at}.length`, MOST),
    commP: hexText(of.commP, `${at}.commP`, 32),
    pieceCid: matching(of.pieceCid, `${at}.pieceCid`, /^[a-z2-7]+$/, 256),
  };
}

function rootOf(value: unknown, at: string): CertifiedRoot {
  const of = fields(value, at, ["period", "root", "leafFileHash", "leaves", "finalizedAt", "votes"]);
  return {
    period: whole(of.period, `${at}.period`, MOST),
    root: hexText(of.root, `${at}.root`, 32),
    leafFileHash: hexText(of.leafFileHash, `${at}.leafFileHash`, 32),
    leaves: whole(of.leaves, `${at}.leaves`, COUNT, 1),
    finalizedAt: of.finalizedAt === null ? null : whole(of.finalizedAt, `${at}.finalizedAt`, MOST),
    votes: list(of.votes, `${at}.votes`, CERTIFICATE_LIMITS.verifiers, (vote, place) => {
      const text = matching(vote, place, /^0x(?:[0-9a-f]{2})+$/, 2 + 2 * CERTIFICATE_LIMITS.vote);
      return text as Hex;
    }),
  };
}

function dealOf(value: unknown, at: string): CertifiedDeal {
  const of = fields(value, at, ["deal", "quote", "receivedAt", "state", "lastPeriod", "spans", "leaves"]);
  const state = DEAL_STATES.find((one) => one === of.state);
  if (state === undefined || state === "NONE") throw unfit(`${at}.state`, "is no state of a deal");
  return {
    deal: hexText(of.deal, `${at}.deal`, 32),
    quote: quoteOf(of.quote, `${at}.quote`),
    receivedAt: whole(of.receivedAt, `${at}.receivedAt`, MOST),
    state,
    lastPeriod: whole(of.lastPeriod, `${at}.lastPeriod`, MOST),
    spans: list(of.spans, `${at}.spans`, CERTIFICATE_LIMITS.spans, spanOf),
    leaves: list(of.leaves, `${at}.leaves`, CERTIFICATE_LIMITS.spans, leafOf),
  };
}

function quoteOf(value: unknown, at: string): JsonMessage<"Quote"> {
  try {
    return messageToJson<"Quote">(messageFromJson("Quote", value));
  } catch {
    throw unfit(at, "is no quote");
  }
}

function spanOf(value: unknown, at: string): CertifiedSpan {
  const of = fields(value, at, ["from", "to", "outcome", "counted", "proved", "onChain"]);
  const outcome = SPAN_OUTCOMES.find((one) => one === of.outcome);
  if (outcome === undefined) throw unfit(`${at}.outcome`, "is no outcome of a period");
  return {
    from: whole(of.from, `${at}.from`, MOST),
    to: whole(of.to, `${at}.to`, MOST),
    outcome,
    counted: whole(of.counted, `${at}.counted`, COUNT),
    proved: whole(of.proved, `${at}.proved`, COUNT),
    onChain: whole(of.onChain, `${at}.onChain`, COUNT),
  };
}

function leafOf(value: unknown, at: string): CertifiedLeaf {
  const of = fields(value, at, ["root", "fulfilled", "committed", "verdict", "faultA", "faultB", "path"]);
  return {
    root: whole(of.root, `${at}.root`, CERTIFICATE_LIMITS.roots),
    fulfilled: whole(of.fulfilled, `${at}.fulfilled`, COUNT),
    committed: whole(of.committed, `${at}.committed`, COUNT),
    verdict: whole(of.verdict, `${at}.verdict`, 2),
    faultA: whole(of.faultA, `${at}.faultA`, MOST),
    faultB: whole(of.faultB, `${at}.faultB`, MOST),
    path: list(of.path, `${at}.path`, CERTIFICATE_LIMITS.path, (one, place) => hexText(one, place, 32)),
  };
}

function fields(value: unknown, at: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unfit(at, "is no object");
  const found = Object.keys(value);
  const odd = found.find((name) => !names.includes(name)) ?? names.find((name) => !found.includes(name));
  if (odd !== undefined) throw unfit(at, `has other fields than ${names.join(", ")}`);
  return value as Record<string, unknown>;
}

function list<T>(value: unknown, at: string, most: number, each: (one: unknown, at: string) => T): T[] {
  if (!Array.isArray(value) || value.length > most) throw unfit(at, `is no list of at most ${most}`);
  return value.map((one, index) => each(one, `${at}[${index}]`));
}

function whole(value: unknown, at: string, max: number, min = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw unfit(at, `is no whole number from ${min} to ${max}`);
}

function dividing(value: unknown, at: string, whole_: number): number {
  const number = whole(value, at, whole_, 1);
  if (whole_ % number === 0) return number;
  throw unfit(at, `does not divide ${whole_}`);
}

function matching(value: unknown, at: string, pattern: RegExp, longest: number): string {
  if (typeof value === "string" && value.length <= longest && pattern.test(value)) return value;
  throw unfit(at, "is not written as it should be");
}

function hexText(value: unknown, at: string, bytes: number): Hex {
  return matching(value, at, /^0x[0-9a-f]+$/, 2 + 2 * bytes).length === 2 + 2 * bytes
    ? (value as Hex)
    : refuse(at, bytes);
}

function refuse(at: string, bytes: number): never {
  throw unfit(at, `is not ${bytes} bytes`);
}
