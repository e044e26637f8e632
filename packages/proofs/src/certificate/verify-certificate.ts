import { countOnDuty, periodAt, periodStart } from "@cairn/core/periods";
import {
  type Address,
  type CommitmentDocument,
  type DealId,
  dealIdOf,
  fromHex,
  type Hex,
  leafHash,
  messageFromJson,
  type Quote,
  recoverDigest,
  verifyPath,
} from "@cairn/protocol";
import { decodeDocument, hashDocument } from "@cairn/protocol/document";
import { fromBase64 } from "@cairn/protocol/wire/base64";
import { pieceCidV2 } from "../piece-cid.ts";
import {
  type Certificate,
  type CertifiedDeal,
  type CertifiedRoot,
  type CertifiedSpan,
  certificateDigest,
  type SpanOutcome,
  verifierSetId,
} from "./certificate.ts";
import { findGaps, type Gap } from "./find-gaps.ts";
import { readCertificate } from "./read-certificate.ts";
import { readVote, type SignedVote } from "./signed-vote.ts";
import { unfit } from "./unfit.ts";

/** Periods in which a deal was not proved, as far as anybody was on duty; `void`: nobody judged them. */
export interface DealGap {
  from: number;
  to: number;
  outcome: SpanOutcome | "void";
}

export interface DealReport {
  deal: DealId;
  piece: number;
  shard: number;
  provider: Address;
  /** First and last period of which it says anything. */
  from: number;
  to: number;
  /** Periods of those in which the provider was on duty, and in which it was proved, of them on chain. */
  due: number;
  proved: number;
  onChain: number;
  gaps: DealGap[];
  /**
   * First and last period of which the leaves bear out how many were proved: the rest is the gateway's word. Both are -1 where no leaf does. Where the
   * spans begin after the receipt, the first leaf may count periods of before, so what it bears out begins after it.
   */
  borneOutFrom: number;
  borneOutTo: number;
}

export interface CertificateReport {
  certificate: Certificate;
  set: Hex;
  deals: DealReport[];
  /** From when until when every certified piece could be restored from shards that were proved; undefined where that never was. */
  custody: { from: number; to: number; gaps: Gap[] } | undefined;
  /** Periods whose root does not come with the votes of a quorum: only the chain can say that it is theirs. */
  unsigned: number[];
}

/**
 * Whether a certificate holds by itself, without a network: every hash leads to what it should, every signature is of whom it should be, and the counts
 * in the leaves are those that its spans come to. Whose keys those are, it cannot say: docs/certificate.md.
 * @throws CairnError `bad-certificate`, which names what does not fit
 */
export function verifyCertificate(text: string): CertificateReport {
  const { certificate, signature } = readCertificate(text);
  const set = verifierSetId(certificate.set);
  checkSet(certificate);
  const document = checkDocument(certificate);
  const unsigned = checkRoots(certificate, set);
  const seen = new Set<DealId>();
  const deals = certificate.deals.map((deal, at) => {
    if (seen.has(deal.deal)) throw unfit(`deals[${at}]`, "stands there twice");
    seen.add(deal.deal);
    const quote = checkQuote(certificate, deal, `deals[${at}]`, document, set);
    return checkDeal(certificate, deal, `deals[${at}]`, quote);
  });
  checkSignature(certificate, signature);
  return { certificate, set, deals, custody: findGaps(certificate, deals, document.k), unsigned };
}

function checkSet({ set: { verifiers, quorum } }: Certificate): void {
  if (quorum > verifiers.length) throw unfit("set.quorum", "is more than there are verifiers");
  if (new Set(verifiers).size !== verifiers.length) throw unfit("set.verifiers", "names one twice");
}

function checkDocument({ package: kept, pieces }: Certificate): CommitmentDocument {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(kept.document);
  } catch {
    throw unfit("package.document", "is not base64");
  }
  if (hashDocument(bytes) !== kept.documentHash)
    throw unfit("package.document", "does not hash to package.documentHash");
  let document: CommitmentDocument;
  try {
    document = decodeDocument(bytes);
  } catch {
    throw unfit("package.document", "is no commitment document");
  }
  if (document.package !== kept.id) throw unfit("package.id", "is not that of its document");
  if (document.owner !== kept.owner) throw unfit("package.owner", "is not that of its document");
  let last = -1;
  for (const [at, { piece, length, commP, pieceCid }] of pieces.entries()) {
    const own = document.pieces[piece];
    if (piece <= last || own === undefined) throw unfit(`pieces[${at}].piece`, "is not the next one of the document's");
    last = piece;
    if (own.length !== length || own.commP !== commP) throw unfit(`pieces[${at}]`, "is not what the document says");
    if (pieceCidOf(commP, length) !== pieceCid)
      throw unfit(`pieces[${at}].pieceCid`, "is not that of commP and length");
  }
  return document;
}

function pieceCidOf(commP: Hex, length: number): string | undefined {
  try {
    return pieceCidV2(fromHex(commP), length).toString();
  } catch {
    return undefined;
  }
}

/** @returns periods whose root comes without a quorum of votes */
function checkRoots({ roots, network, set: { verifiers, quorum } }: Certificate, set: Hex): number[] {
  const unsigned: number[] = [];
  let last = -1;
  for (const [at, root] of roots.entries()) {
    if (root.period <= last) throw unfit(`roots[${at}].period`, "does not come after the one before");
    last = root.period;
    const voters = new Set<Address>();
    for (const [index, raw] of root.votes.entries()) {
      const where = `roots[${at}].votes[${index}]`;
      const vote = readVote(raw);
      if (vote === undefined) throw unfit(where, "is no signed vote");
      if (vote.chainId !== network.chainId || vote.to !== network.ledger) throw unfit(where, "is for another ledger");
      if (vote.set !== set) throw unfit(where, "is of another verifier set");
      if (!agrees(vote, root)) throw unfit(where, "is for another root");
      if (!verifiers.includes(vote.verifier))
        throw unfit(where, `is signed by ${vote.verifier}, no verifier of the set`);
      if (voters.has(vote.verifier)) throw unfit(where, "is of a verifier that voted before");
      voters.add(vote.verifier);
    }
    if (voters.size < quorum) unsigned.push(root.period);
  }
  return unsigned;
}

const agrees = (vote: SignedVote, root: CertifiedRoot): boolean =>
  vote.period === root.period &&
  vote.root === root.root &&
  vote.leafFileHash === root.leafFileHash &&
  vote.leaves === root.leaves;

/** The id binds provider, owner, document, commitment, duty and verifier set: both signed it, and the chain holds the deal under it. */
function checkQuote(
  { network, package: kept, pieces }: Certificate,
  { deal, quote: text }: CertifiedDeal,
  at: string,
  document: CommitmentDocument,
  set: Hex,
): Quote {
  const quote = messageFromJson("Quote", text);
  if (dealIdOf(quote, network) !== deal) throw unfit(`${at}.quote`, `does not hash to deal ${deal}`);
  if (quote.documentHash !== kept.documentHash) throw unfit(`${at}.quote`, "is for another document");
  if (quote.owner !== kept.owner) throw unfit(`${at}.quote`, "is for another owner");
  if (quote.verifierSet !== set) throw unfit(`${at}.quote`, "names another verifier set");
  const shard = document.pieces[quote.piece]?.shards[quote.shard];
  if (shard?.commitment !== quote.commitment || BigInt(shard.rawLength) !== quote.rawLength)
    throw unfit(`${at}.quote`, "is for another shard than the document has");
  if (!pieces.some(({ piece }) => piece === quote.piece))
    throw unfit(`${at}.quote`, "is of a piece that is not certified");
  return quote;
}

function checkDeal(certificate: Certificate, deal: CertifiedDeal, at: string, quote: Quote): DealReport {
  const { network, roots } = certificate;
  const clock = { ...network, graceSeconds: 0 };
  const received = periodAt(deal.receivedAt, clock);
  const due = (from: number, to: number) =>
    countOnDuty(Math.max(from, received + 1), Math.min(to, deal.lastPeriod), quote.duty, clock);
  if (due(0, deal.lastPeriod) > quote.periods) throw unfit(`${at}.lastPeriod`, "is later than the quote has it");
  checkSpans(certificate, deal.spans, at, due);
  let before = { period: received, fulfilled: 0, committed: 0 };
  let borneOutFrom = received + 1;
  let next = 0;
  for (const [index, leaf] of deal.leaves.entries()) {
    const where = `${at}.leaves[${index}]`;
    const root = roots[leaf.root];
    if (root === undefined) throw unfit(`${where}.root`, "is none of the roots");
    const { period } = root;
    if (index > 0 && period <= before.period) throw unfit(where, "does not come after the one before");
    const hash = leafHash({ ...leaf, deal: deal.deal, period });
    if (!verifyPath(hash, leaf.path, root.root)) throw unfit(where, `does not lead to the root of period ${period}`);
    const fulfilled = leaf.fulfilled - before.fulfilled;
    const committed = leaf.committed - before.committed;
    if (fulfilled < 0 || committed < fulfilled || committed > due(before.period + 1, period))
      throw unfit(where, `counts more or fewer periods than there were up to period ${period}`);
    const told = { fulfilled: 0, leastCommitted: 0, mostCommitted: 0 };
    for (let span = deal.spans[next]; span !== undefined && span.from <= period; span = deal.spans[++next]) {
      if (span.to > period) throw unfit(`${at}.spans[${next}]`, `goes on over the leaf of period ${period}`);
      const [least, most] = judgedOf(span);
      told.fulfilled += span.proved;
      told.leastCommitted += least;
      told.mostCommitted += most;
    }
    // Periods before the first span are in the counts of the first leaf only: the record may have begun after the receipt.
    const untold = index > 0 ? 0 : due(received + 1, Math.min(period, (deal.spans[0]?.from ?? period + 1) - 1));
    if (fulfilled < told.fulfilled || fulfilled > told.fulfilled + untold)
      throw unfit(
        `${at}.spans`,
        `say ${told.fulfilled} proved periods up to period ${period}, and the leaf ${fulfilled}`,
      );
    if (committed < told.leastCommitted || committed > told.mostCommitted + untold)
      throw unfit(
        `${at}.spans`,
        `say ${told.mostCommitted} judged periods up to period ${period}, and the leaf ${committed}`,
      );
    // Fewer than all of the untold ones were proved: some of those that the spans say were proved may have been among them.
    if (fulfilled < told.fulfilled + untold) borneOutFrom = period + 1;
    before = { period, fulfilled: leaf.fulfilled, committed: leaf.committed };
  }
  const borneOut =
    deal.leaves.length === 0 || borneOutFrom > before.period
      ? { borneOutFrom: -1, borneOutTo: -1 }
      : { borneOutFrom, borneOutTo: before.period };
  return { ...reportOf(deal, quote, received, due), ...borneOut };
}

/** Outcomes that the counts of leaves have among the periods that were due. */
const JUDGED: ReadonlySet<SpanOutcome> = new Set(["proved", "late", "silent", "damaged", "wrong"]);

/** The least and the most of a span's periods that leaves count as committed. */
function judgedOf({ outcome, counted, proved, onChain }: CertifiedSpan): [number, number] {
  if (outcome === "mixed") return [proved, counted - onChain];
  const judged = JUDGED.has(outcome) ? counted : 0;
  return [judged, judged];
}

function checkSpans(
  { period: newest }: Certificate,
  spans: readonly CertifiedSpan[],
  at: string,
  due: (from: number, to: number) => number,
): void {
  let last = -1;
  for (const [index, { from, to, outcome, counted, proved, onChain }] of spans.entries()) {
    const where = `${at}.spans[${index}]`;
    if (from <= last || to < from) throw unfit(where, "does not come after the one before");
    if (to > newest) throw unfit(where, "is of periods that were not over");
    last = to;
    if (counted > due(from, to)) throw unfit(where, "counts more periods than were due");
    const right =
      outcome === "mixed"
        ? proved + onChain <= counted
        : proved === (outcome === "proved" ? counted : 0) && onChain === (outcome === "chain" ? counted : 0);
    if (!right) throw unfit(where, "does not add up");
    if (outcome === "off-duty" && due(from, to) > 0) throw unfit(where, "is of periods in which something was due");
    // Within one run no period is without a verdict.
    if (outcome !== "mixed" && counted < due(from, to)) throw unfit(where, "leaves out periods that were due");
  }
}

const HELD: ReadonlySet<SpanOutcome | "void"> = new Set(["proved", "chain", "off-duty"]);

function reportOf(
  { deal, spans, lastPeriod }: CertifiedDeal,
  { piece, shard, provider }: Quote,
  received: number,
  due: (from: number, to: number) => number,
): Omit<DealReport, "borneOutFrom" | "borneOutTo"> {
  const gaps: DealGap[] = [];
  const note = (from: number, to: number, outcome: DealGap["outcome"]) => {
    if (!HELD.has(outcome) && due(from, to) > 0) gaps.push({ from, to, outcome });
  };
  // Before the first period that was due there was nothing to prove.
  const begin = spans.findIndex(({ counted }) => counted > 0);
  const told = begin < 0 ? [] : spans.slice(begin);
  const from = told[0] === undefined ? 0 : Math.max(told[0].from, received + 1);
  const to = told.length === 0 ? -1 : Math.min(told.at(-1)!.to, lastPeriod);
  let last = from;
  for (const span of told) {
    note(last, span.from - 1, "void");
    if (span.outcome !== "mixed" || span.proved + span.onChain < due(span.from, span.to))
      note(span.from, span.to, span.outcome);
    last = span.to + 1;
  }
  return {
    ...{ deal, piece, shard, provider, from, to, gaps },
    due: due(from, to),
    proved: told.reduce((sum, span) => sum + span.proved + span.onChain, 0),
    onChain: told.reduce((sum, span) => sum + span.onChain, 0),
  };
}

function checkSignature(certificate: Certificate, signature: Hex): void {
  let signer: Address;
  try {
    signer = recoverDigest(certificateDigest(certificate), signature);
  } catch {
    throw unfit("signature", "is no signature");
  }
  if (signer !== certificate.gateway) throw unfit("signature", `is not that of gateway ${certificate.gateway}`);
}

/** A period's beginning, in UNIX seconds. */
export const certifiedTime = ({ network }: Certificate, period: number): number =>
  periodStart(period, { ...network, graceSeconds: 0 });
