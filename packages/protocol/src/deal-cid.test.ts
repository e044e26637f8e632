import { createHash } from "node:crypto";
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { dealCidOf } from "./deal-cid.ts";
import type { Quote } from "./typed-data.ts";

const word = (byte: string) => `0x${byte.repeat(32)}` as const;
const quote: Quote = {
  provider: `0x${"A1".repeat(20)}`,
  owner: `0x${"b2".repeat(20)}`,
  documentHash: word("c3"),
  piece: 3,
  shard: 1,
  commitment: word("0d"),
  rawLength: 500_000n,
  pricePerPeriod: 10n ** 20n,
  egressPrice: 0n,
  periods: 4320,
  duty: (1n << 168n) - 1n,
  verifierSet: word("e5"),
  expiry: 1_800_000_000n,
  nonce: word("f6"),
};
const proposal = { quote, signature: `0x${"11".repeat(65)}`, mandateHash: word("77") } as const;

it("is the sha2-256 of the dag-cbor of quote, signature and mandate, whoever encodes it", () => {
  const encoded = dagCbor.encode({
    signature: proposal.signature,
    mandate: proposal.mandateHash,
    quote: {
      ...quote,
      provider: quote.provider.toLowerCase(),
      rawLength: "500000",
      pricePerPeriod: "100000000000000000000",
      egressPrice: "0",
      duty: ((1n << 168n) - 1n).toString(),
      expiry: "1800000000",
    },
  });
  const cid = CID.parse(dealCidOf(proposal));
  expect([cid.version, cid.code, cid.multihash.code]).toEqual([1, 0x71, 0x12]);
  expect(Buffer.from(cid.multihash.digest).equals(createHash("sha256").update(encoded).digest())).toBe(true);
});

it("is another one when any field of the three is, and the same for letters of another case", () => {
  const cids = [
    dealCidOf(proposal),
    dealCidOf({ ...proposal, mandateHash: word("78") }),
    dealCidOf({ ...proposal, signature: `0x${"12".repeat(65)}` }),
    ...Object.entries(quote).map(([name, value]) => {
      const other =
        typeof value === "string" ? `${value.slice(0, -2)}00` : typeof value === "bigint" ? value + 1n : value + 1;
      return dealCidOf({ ...proposal, quote: { ...quote, [name]: other } });
    }),
  ];
  expect(new Set(cids).size).toBe(cids.length);
  const upper = `0x${"a1".repeat(20)}` as const;
  expect(dealCidOf({ ...proposal, quote: { ...quote, provider: upper } })).toBe(cids[0]);
});
