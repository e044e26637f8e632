import type { QuotePlanJson } from "@cairn/client";
import {
  countriesFor,
  countryOf,
  type Deployment,
  highest,
  lowest,
  type PlacementTerms,
  periodsFor,
  priceCeiling,
  pricePerGibDay,
  pricePerPeriod,
  REPLACEMENT_PRICE_FACTOR,
  TERM_MARGIN_SECONDS,
} from "@cairn/core";
import { compareCoins } from "@cairn/core/coins";
import {
  type Address,
  CairnError,
  type CommitmentDocument,
  DAY,
  dealIdOf,
  greatest,
  type Hex,
  type Mandate,
  type MaskId,
  type Message,
  type Seconds,
  type Signed,
  signedFromJson,
} from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { shardsRoot } from "@cairn/protocol/shards-root";
import { recoverTyped } from "@cairn/protocol/sign-typed";
import { fromBase64 } from "@cairn/protocol/wire/base64";
import { SKEW_SECONDS } from "./clock-skew.ts";
import { type Expectation, expectEqual, lie } from "./gateway-lies.ts";

/** The mandate outlives the package by this, for the last repairs and the settlement. */
const MANDATE_MARGIN = 30 * DAY;
/** Quotes are signed at once or not at all; one that holds for longer than this was not made for this put. */
const LONGEST_QUOTE = 7 * DAY;
const UNSIGNED = "Nothing was signed.";

/** What the client made and sent, as it computed it itself. */
export interface Uploaded {
  id: string;
  owner: Address;
  /** Root CID of the DAG. */
  root: string;
  /** Lengths of the CAR files, headers included. */
  pieces: readonly number[];
  k: number;
  n: number;
  mask: MaskId;
  days: number;
  placement: PlacementTerms;
  /** The encrypted manifest. */
  manifest: { sha256: Hex; size: number };
}

/** Who acts for the owner, under which verifiers and contracts: pinned, not asked (pinned-network.ts). */
export interface Terms {
  executor: Address;
  verifierSet: Hex;
  deployment: Deployment;
}

/** What the owner may sign: made here, of what is known here. */
export interface CheckedOffer {
  document: CommitmentDocument;
  mandate: Mandate;
  readCapability: Message<"ReadCapability">;
  /** In (piece, shard) order; the signer of each is not yet held against the registry. */
  quotes: (Signed<"Quote"> & { signer: Address; deal: Hex })[];
  placement: PlacementTerms;
  /** What each quote comes to, in wei per GiB-day. */
  prices: bigint[];
  /** What the quoted deals lock. */
  price: bigint;
}

/**
 * Hold a plan against what was uploaded: the document, every quote, every figure that is shown. The mandate and the read permission are then
 * made from what is known here; of the plan they take the two sums alone, within bounds.
 * @throws CairnError `gateway-lies` (details.field), `too-expensive`
 */
export function checkOffer(offer: {
  plan: QuotePlanJson;
  uploaded: Uploaded;
  terms: Terms;
  now: Seconds;
  /** Most that escrow and reserve may come to, wei. */
  maxCost?: bigint;
}): CheckedOffer {
  const { plan, uploaded, terms, now } = offer;
  const bytes = parsed("document", () => fromBase64(plan.document));
  const documentHash = sha256Hex(bytes);
  const document = parsed("document", () => decodeDocument(bytes));
  const expect = (expectations: Iterable<Expectation>) => expectEqual(expectations, UNSIGNED);
  expect([
    ["documentHash", plan.documentHash, documentHash],
    ["document.package", document.package, uploaded.id],
    ["document.owner", document.owner, uploaded.owner],
    ["document.root", document.root, uploaded.root],
    ["document.k", document.k, uploaded.k],
    ["document.n", document.n, uploaded.n],
    ["document.mask", document.mask, uploaded.mask],
    ["document.manifest.sha256", document.manifest.sha256, uploaded.manifest.sha256],
    ["document.manifest.size", document.manifest.size, uploaded.manifest.size],
    ["document.pieces.length", document.pieces.length, uploaded.pieces.length],
    ...document.pieces.map(
      ({ length }, i): Expectation => [`document.pieces[${i}].length`, length, uploaded.pieces[i]],
    ),
  ]);
  const quotes = checkQuotes(offer, document, documentHash);
  const escrows = quotes.map(({ message }) => message.pricePerPeriod * BigInt(message.periods));
  const price = escrows.reduce((sum, escrow) => sum + escrow, 0n);
  const endsAt = now + Math.ceil(uploaded.days * DAY);
  const dearest = document.pieces.map((_, piece) =>
    greatest(escrows.slice(piece * uploaded.n, (piece + 1) * uploaded.n)),
  );
  const oneOfEach = dearest.reduce((sum, escrow) => sum + escrow, 0n);
  const escrow = within("escrow", plan.escrow, price, oneOfEach * BigInt(uploaded.n) * REPLACEMENT_PRICE_FACTOR);
  const repairReserve = within("repairReserve", plan.repairReserve, 0n, oneOfEach * REPLACEMENT_PRICE_FACTOR);
  expect([
    ["total", plan.total, (escrow + repairReserve).toString()],
    ["periods", plan.periods, highest(quotes.map(({ message }) => message.periods))],
    ["validUntil", plan.validUntil, lowest(quotes.map(({ message }) => Number(message.expiry)))],
  ]);
  if (Math.abs(plan.endsAt - endsAt) > SKEW_SECONDS) throw lie("endsAt", plan.endsAt, endsAt, UNSIGNED);
  if (offer.maxCost !== undefined && escrow + repairReserve > offer.maxCost) {
    const [total, allowed] = compareCoins(escrow + repairReserve, offer.maxCost);
    throw new CairnError(`the quote comes to ${total}, and you allow ${allowed}`, {
      code: "too-expensive",
      kind: "conflict",
      details: { total: (escrow + repairReserve).toString(), maxCost: offer.maxCost.toString() },
      next: "Nothing was signed. Allow more with --max-cost, keep it for fewer days, or wait for cheaper providers.",
    });
  }
  const expiry = BigInt(endsAt + MANDATE_MARGIN);
  return {
    document,
    mandate: {
      documentHash,
      shardsRoot: shardsRoot(document),
      pieces: uploaded.pieces.length,
      k: uploaded.k,
      n: uploaded.n,
      verifierSet: terms.verifierSet,
      executor: terms.executor,
      maxEscrow: escrow,
      repairReserve,
      maxPrice: lowestOf(
        priceCeiling(
          quotes.map(({ message }) => message),
          terms.deployment.periodSeconds,
        ),
        uploaded.placement.maxPrice,
      ),
      end: BigInt(endsAt + TERM_MARGIN_SECONDS),
      expiry,
    },
    readCapability: { documentHash, audience: terms.executor, expiry },
    quotes,
    placement: uploaded.placement,
    prices: quotes.map(({ message }) =>
      pricePerGibDay(message.pricePerPeriod, message.rawLength, terms.deployment.periodSeconds),
    ),
    price,
  };
}

/** One quote for each shard, by providers of their own, over what was asked, as it is shown. */
function checkQuotes(
  { plan, uploaded, terms, now }: { plan: QuotePlanJson; uploaded: Uploaded; terms: Terms; now: Seconds },
  document: CommitmentDocument,
  documentHash: Hex,
): CheckedOffer["quotes"] {
  const { deployment } = terms;
  const count = uploaded.pieces.length * uploaded.n;
  expectEqual([["placements.length", plan.placements.length, count]], UNSIGNED);
  const holders = new Set<string>();
  return plan.placements.map((placement, index) => {
    const at = `placements[${index}]`;
    const signed = parsed(`${at}.quote`, () => signedFromJson("Quote", placement.quote));
    const { message: quote } = signed;
    const piece = Math.floor(index / uploaded.n);
    const shard = index % uploaded.n;
    const committed = document.pieces[piece]!.shards[shard]!;
    const signer = parsed(`${at}.quote.signature`, () => recoverTyped("Quote", quote, deployment, signed.signature));
    const deal = dealIdOf(quote, deployment);
    expectEqual(
      [
        [`${at}.piece`, placement.piece, piece],
        [`${at}.shard`, placement.shard, shard],
        [`${at}.quote.piece`, quote.piece, piece],
        [`${at}.quote.shard`, quote.shard, shard],
        [`${at}.quote.owner`, quote.owner, uploaded.owner],
        [`${at}.quote.documentHash`, quote.documentHash, documentHash],
        [`${at}.quote.commitment`, quote.commitment, committed.commitment],
        [`${at}.quote.rawLength`, quote.rawLength, BigInt(committed.rawLength)],
        [`${at}.quote.verifierSet`, quote.verifierSet, terms.verifierSet],
        [`${at}.quote.periods`, quote.periods, periodsFor(uploaded.days * DAY, deployment.periodSeconds, quote.duty)],
        [`${at}.provider`, placement.provider.toLowerCase(), quote.provider],
        [`${at}.deal`, placement.deal, deal],
        [`${at}.pricePerPeriod`, placement.pricePerPeriod, quote.pricePerPeriod.toString()],
      ],
      UNSIGNED,
    );
    const until = Number(quote.expiry);
    if (until <= now - SKEW_SECONDS || until > now + LONGEST_QUOTE) {
      throw lie(`${at}.quote.expiry`, until, `between now and ${now + LONGEST_QUOTE}`, UNSIGNED);
    }
    if (holders.has(`${piece} ${quote.provider}`)) {
      throw lie(`${at}.quote.provider`, quote.provider, `another than those of the other shards`, UNSIGNED);
    }
    holders.add(`${piece} ${quote.provider}`);
    checkPlaced(at, quote, placement.region, uploaded.placement, deployment);
    return { ...signed, signer, deal };
  });
}

/** What was demanded of providers; their score is the gateway's own reckoning, and their region is held against the registry later. */
function checkPlaced(
  at: string,
  { provider, shard, pricePerPeriod: price, rawLength }: Message<"Quote">,
  region: string,
  terms: PlacementTerms,
  { periodSeconds }: Deployment,
): void {
  const { allowed, blocked, maxPrice } = terms;
  const field = `${at}.quote.provider`;
  if (blocked?.includes(provider)) throw lie(field, provider, "none that you block", UNSIGNED);
  if (allowed !== undefined && !allowed.includes(provider)) throw lie(field, provider, "one that you allow", UNSIGNED);
  const most = maxPrice === undefined ? undefined : pricePerPeriod(maxPrice, rawLength, periodSeconds);
  if (most !== undefined && price > most) throw lie(`${at}.quote.pricePerPeriod`, price, `at most ${most}`, UNSIGNED);
  const countries = countriesFor(terms, shard);
  if (countries !== undefined && !countries.includes(countryOf(region) ?? "")) {
    throw lie(`${at}.region`, region, `in ${countries.join(" or ")}`, UNSIGNED);
  }
}

const lowestOf = (price: bigint, limit: bigint | undefined) => (limit !== undefined && limit < price ? limit : price);

function within(field: string, text: string, least: bigint, most: bigint): bigint {
  const value = BigInt(text);
  if (value >= least && value <= most) return value;
  throw lie(field, text, `between ${least} and ${most} by the quotes`, UNSIGNED);
}

/** What cannot be read is no honest gateway's either. */
function parsed<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw lie(field, `unreadable (${(cause as Error).message})`, "readable", UNSIGNED);
  }
}
