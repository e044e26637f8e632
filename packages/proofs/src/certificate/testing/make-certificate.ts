import { ALWAYS_ON, countOnDuty } from "@cairn/core/periods";
import {
  addressOfKey,
  type CommitmentDocument,
  dealIdOf,
  type Hex,
  messageToJson,
  type Quote,
  signDigest,
  type VerdictLeaf,
  verdictTree,
} from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { toBase64 } from "@cairn/protocol/wire/base64";
import { encodeFunctionData, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { pieceCidV2 } from "../../piece-cid.ts";
import {
  CERTIFICATE_FORMAT,
  type Certificate,
  type CertifiedSpan,
  certificateDigest,
  type SignedCertificate,
  type SpanOutcome,
  verifierSetId,
} from "../certificate.ts";

const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
export const GATEWAY_KEY = word("11");
export const VERIFIER_KEYS = [word("21"), word("22"), word("23")];
const OWNER_KEY = word("31");
const ABI = parseAbi(["function vote(bytes32 set, uint64 period, bytes32 root, bytes32 leafFileHash, uint32 leaves)"]);
const NETWORK = {
  chainId: 31_337,
  deals: addressOfKey(word("41")),
  registry: addressOfKey(word("42")),
  ledger: addressOfKey(word("43")),
  genesisTime: 1_790_000_000,
  periodSeconds: 3600,
};

/** What each period came to for each of the three deals, oldest first; undefined where it is void. The receipts are of period 0. */
export type Told = readonly (readonly (SpanOutcome | undefined)[])[];

export const commitmentOf = (byte: string): Hex => `0x${byte.repeat(31)}01`;

/**
 * A certificate of one piece of 2 of 3 shards, as a gateway makes it, of real keys; votes by the first two verifiers.
 * @param shards which shard each deal is of
 * @param duty the hours of the week in which something is due, a period each: `told` has `off-duty` for all others
 */
export async function makeCertificate(told: Told, { shards = [0, 1, 2], duty = ALWAYS_ON } = {}): Promise<Certificate> {
  const verifiers = VERIFIER_KEYS.map((key) => addressOfKey(key));
  const set = { verifiers, quorum: 2 };
  const verifierSet = verifierSetId(set);
  const length = 254;
  const document: CommitmentDocument = {
    version: 1,
    package: "ab".repeat(16),
    owner: addressOfKey(OWNER_KEY),
    root: "bafkqaaa",
    k: 2,
    n: 3,
    erasure: "rs-cauchy-gf256-v1",
    mask: "none",
    pieces: [
      {
        length,
        commP: commitmentOf("a0"),
        shards: ["a1", "a2", "a3"].map((byte) => ({ commitment: commitmentOf(byte), rawLength: 127 })),
      },
    ],
    manifest: { sha256: word("51"), size: 1 },
  };
  const { bytes, documentHash } = encodeDocument(document);
  const quotes = shards.map((shard, at): Quote => {
    const { commitment, rawLength } = document.pieces[0]!.shards[shard]!;
    return {
      provider: addressOfKey(word(`6${at}`)),
      owner: document.owner,
      documentHash,
      piece: 0,
      shard,
      commitment,
      rawLength: BigInt(rawLength),
      pricePerPeriod: 7n,
      egressPrice: 0n,
      periods: 10_000,
      duty,
      verifierSet,
      expiry: 0n,
      nonce: word("71"),
    };
  });
  const ids = quotes.map((quote) => dealIdOf(quote, NETWORK));
  const counts = quotes.map(() => ({ fulfilled: 0, committed: 0 }));
  const periods = new Map<number, VerdictLeaf[]>();
  for (let period = 1; period <= Math.max(...told.map((one) => one.length)); period++) {
    const leaves: VerdictLeaf[] = [];
    told.forEach((outcomes, at) => {
      const outcome = outcomes[period - 1];
      const count = counts[at]!;
      if (outcome === undefined) return;
      if (outcome === "proved") count.fulfilled += 1;
      if (["proved", "late", "silent", "damaged", "wrong"].includes(outcome)) count.committed += 1;
      leaves.push({ deal: ids[at]!, period, ...count, verdict: outcome === "silent" ? 1 : 0, faultA: 0, faultB: 0 });
    });
    if (leaves.length > 0)
      periods.set(
        period,
        leaves.toSorted((a, b) => (a.deal < b.deal ? -1 : 1)),
      );
  }
  const spans = told.map((outcomes) => spansOf(outcomes, duty));
  const needed = [...new Set(spans.flatMap((some) => some.map(({ to }) => to)))].toSorted((a, b) => a - b);
  const trees = new Map(needed.map((period) => [period, verdictTree(periods.get(period)!)]));
  const roots = await Promise.all(
    needed.map(async (period) => {
      const root = trees.get(period)!.root;
      const leafFileHash = word("81");
      const leaves = periods.get(period)!.length;
      const data = encodeFunctionData({ abi: ABI, args: [verifierSet, BigInt(period), root, leafFileHash, leaves] });
      const votes = await Promise.all(
        VERIFIER_KEYS.slice(0, 2).map((key) =>
          privateKeyToAccount(key).signTransaction({
            type: "eip1559",
            chainId: NETWORK.chainId,
            nonce: period,
            gas: 100_000n,
            maxFeePerGas: 1_000_000_000n,
            maxPriorityFeePerGas: 1n,
            to: NETWORK.ledger,
            data,
          }),
        ),
      );
      return { period, root, leafFileHash, leaves, finalizedAt: 1_790_000_000 + period * 3600, votes };
    }),
  );
  return {
    format: CERTIFICATE_FORMAT,
    issuedAt: NETWORK.genesisTime + 1_000_000,
    period: Math.max(...needed),
    network: NETWORK,
    set,
    package: { id: document.package, owner: document.owner, documentHash, document: toBase64(bytes) },
    pieces: [
      {
        piece: 0,
        length,
        commP: commitmentOf("a0"),
        pieceCid: pieceCidV2(Buffer.from(commitmentOf("a0").slice(2), "hex"), length).toString(),
      },
    ],
    roots,
    deals: quotes.map((quote, at) => ({
      deal: ids[at]!,
      quote: messageToJson<"Quote">(quote),
      receivedAt: NETWORK.genesisTime + 10,
      state: "ACTIVE",
      lastPeriod: 10_000,
      spans: spans[at]!,
      leaves: spans[at]!.map(({ to }) => {
        const leaves = periods.get(to)!;
        const index = leaves.findIndex(({ deal }) => deal === ids[at]);
        const { fulfilled, committed, verdict, faultA, faultB } = leaves[index]!;
        return {
          root: needed.indexOf(to),
          fulfilled,
          committed,
          verdict,
          faultA,
          faultB,
          path: trees.get(to)!.path(index),
        };
      }),
    })),
    gateway: addressOfKey(GATEWAY_KEY),
  };
}

export const signCertificate = (certificate: Certificate, key: Hex = GATEWAY_KEY): SignedCertificate => ({
  certificate,
  signature: signDigest(certificateDigest(certificate), key),
});

function spansOf(outcomes: readonly (SpanOutcome | undefined)[], duty: bigint): CertifiedSpan[] {
  const spans: CertifiedSpan[] = [];
  outcomes.forEach((outcome, at) => {
    if (outcome === undefined) return;
    const last = spans.at(-1);
    if (last !== undefined && last.to === at && [last.outcome, "off-duty"].includes(outcome)) last.to = at + 1;
    else spans.push({ from: at + 1, to: at + 1, outcome, counted: 0, proved: 0, onChain: 0 });
  });
  return spans.map((span) => {
    const counted = countOnDuty(span.from, span.to, duty, { ...NETWORK, graceSeconds: 0 });
    return {
      ...span,
      counted,
      proved: span.outcome === "proved" ? counted : 0,
      onChain: span.outcome === "chain" ? counted : 0,
    };
  });
}
