import { createHash, randomBytes } from "node:crypto";
import type { QuotePlanJson } from "@cairn/client";
import { ALWAYS_ON, type ProviderRecord, periodsFor } from "@cairn/core";
import {
  type Address,
  addressOfKey,
  type CairnError,
  type CommitmentDocument,
  DAY,
  dealIdOf,
  type Hex,
  type Quote,
  signedFromJson,
  signedToJson,
  signTyped,
} from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { describe, expect, it } from "vitest";
import { checkSigners, checkTerms } from "./check-chain.ts";
import { checkOffer, type Terms, type Uploaded } from "./check-offer.ts";

const NOW = 1_800_000_000;
const DAYS = 180;
const hex = (bytes: number, fill?: number): Hex =>
  `0x${(fill === undefined ? randomBytes(bytes) : Buffer.alloc(bytes, fill)).toString("hex")}`;

const generateKey = () => hex(32);
const executor = hex(20, 0x22);
const deployment = {
  chainId: 26170,
  deals: hex(20, 0x31),
  registry: hex(20, 0x32),
  ledger: hex(20, 0x33),
  genesisTime: 1_700_000_000,
  periodSeconds: 3600,
  graceSeconds: 60,
  disputePeriods: 24,
  voteWindowPeriods: 4,
  proposalSeconds: 86_400,
  deployedAt: 1,
};
const terms: Terms = { executor, verifierSet: hex(32, 0x44), deployment };
const uploaded: Uploaded = {
  id: "ab".repeat(16),
  owner: hex(20, 0x11),
  root: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
  pieces: [21_000, 400],
  k: 2,
  n: 4,
  mask: "aes-256-ctr-v1",
  days: DAYS,
  placement: {},
  manifest: { sha256: hex(32, 0xaa), size: 777 },
};

const keys = Array.from({ length: 4 }, () => ({ cold: generateKey(), hot: generateKey() }));
const provider = (i: number): Address => addressOfKey(keys[i]!.cold).toLowerCase() as Address;

const honestDocument: CommitmentDocument = {
  version: 1,
  package: uploaded.id,
  owner: uploaded.owner,
  root: uploaded.root,
  k: 2,
  n: 4,
  erasure: "rs-cauchy-gf256-v1",
  mask: uploaded.mask,
  pieces: uploaded.pieces.map((length) => ({
    length,
    commP: `${hex(31)}00`,
    shards: Array.from({ length: 4 }, () => ({ commitment: hex(32), rawLength: Math.ceil(length / 254) * 127 })),
  })),
  manifest: uploaded.manifest,
};

/** The plan that a gateway makes of a document, all of it consistent and every quote signed. */
function planOf(document: CommitmentDocument, change: (quote: Quote, index: number) => Quote = (quote) => quote) {
  const { bytes, documentHash } = encodeDocument(document);
  const quotes = document.pieces.flatMap(({ shards }, piece) =>
    shards.map(
      ({ commitment, rawLength }, shard): Quote => ({
        provider: provider(shard % 4),
        owner: document.owner,
        documentHash,
        piece,
        shard,
        commitment,
        rawLength: BigInt(rawLength),
        pricePerPeriod: BigInt(100 + shard),
        egressPrice: 0n,
        periods: periodsFor(DAYS * DAY, deployment.periodSeconds, ALWAYS_ON),
        duty: ALWAYS_ON,
        verifierSet: terms.verifierSet,
        expiry: BigInt(NOW + 600),
        nonce: hex(32),
      }),
    ),
  );
  const placements = quotes.map((quote, index) => {
    const given = change(quote, index);
    const signature = signTyped("Quote", given, deployment, keys[index % 4]!.hot);
    return {
      piece: given.piece,
      shard: given.shard,
      deal: dealIdOf(given, deployment),
      provider: given.provider,
      quote: signedToJson<"Quote">({ message: given, signature }),
      region: "eu",
      pricePerPeriod: given.pricePerPeriod.toString(),
      rating: 90,
    };
  });
  const periods = Math.max(...placements.map(({ quote }) => quote.message.periods));
  const perShard = document.pieces.map((_, piece) =>
    Math.max(...placements.filter((p) => p.piece === piece).map((p) => Number(p.pricePerPeriod) * periods)),
  );
  const reserve = BigInt(perShard.reduce((sum, one) => sum + one, 0));
  const plan: QuotePlanJson = {
    documentHash,
    document: Buffer.from(bytes).toString("base64"),
    placements: structuredClone(placements),
    escrow: (reserve * 4n).toString(),
    repairReserve: reserve.toString(),
    total: (reserve * 5n).toString(),
    balance: "123456789",
    periods,
    endsAt: NOW + DAYS * DAY,
    validUntil: NOW + 600,
    warnings: ["This network does not keep one operator's machines apart."],
  };
  return plan;
}

const verifiers = [hex(20, 0x51), hex(20, 0x52)];
const chain = {
  async provider(address: Address): Promise<ProviderRecord | undefined> {
    const index = keys.findIndex((_, i) => provider(i) === address);
    if (index < 0) return undefined;
    const hot = addressOfKey(keys[index]!.hot) as Address;
    return { provider: address, hot, duty: ALWAYS_ON, region: "eu", active: true } as ProviderRecord;
  },
  verifierSet: async (set: Hex) => (set === terms.verifierSet ? { verifiers, quorum: 2 } : undefined),
  balance: async () => 123_456_789n,
};

/** All that `put` does between the quote and the signature. */
async function check(plan: QuotePlanJson, maxCost?: bigint) {
  const offer = checkOffer({ plan, uploaded, terms, now: NOW, ...(maxCost === undefined ? {} : { maxCost }) });
  await checkTerms(chain, { terms, verifiers, quorum: 2, owner: uploaded.owner });
  await checkSigners(chain, offer);
  return offer;
}

async function refusal(plan: QuotePlanJson): Promise<CairnError> {
  return check(plan).then(
    () => {
      throw new Error("the offer was taken");
    },
    (error) => error,
  );
}

/** Every leaf of a JSON value, as a path. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function changed<T>(value: T, path: (string | number)[]): T {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as never;
  const last = path.at(-1)!;
  at[last] = other(at[last]);
  return copy;
}

/** Another value of the same form. */
function other(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value !== "string") throw new Error(`no other value of ${typeof value}`);
  if (/^\d+$/.test(value)) return (BigInt(value) + 1n).toString();
  const at = value.startsWith("0x") ? 5 : Math.floor(value.length / 2);
  return value.slice(0, at) + (value[at] === "1" ? "2" : "1") + value.slice(at + 1);
}

/** What the gateway may think as it likes: nothing is signed or paid by it, and what the chain says of it is shown instead. */
const OPINIONS = /^warnings|\.rating$|^balance$|\.region$/;
/** Counted by two clocks: an hour of difference is none. */
const BY_CLOCK = /^endsAt$/;
const honest = planOf(honestDocument);
const named = leaves(honest).map((path): [string, (string | number)[]] => [path.join("."), path]);

describe("what the owner signs", () => {
  it("is made of what was uploaded, when the plan fits it", async () => {
    const { mandate, readCapability, price } = await check(honest);
    expect(mandate).toMatchObject({
      documentHash: honest.documentHash,
      pieces: 2,
      k: 2,
      n: 4,
      executor,
      verifierSet: terms.verifierSet,
      expiry: BigInt(NOW + (DAYS + 30) * DAY),
    });
    expect(readCapability).toEqual({ documentHash: honest.documentHash, audience: executor, expiry: mandate.expiry });
    expect(price).toBeLessThanOrEqual(mandate.maxEscrow);
  });

  it.each(named.filter(([name]) => !OPINIONS.test(name) && !BY_CLOCK.test(name)))(
    "is refused when the plan's %s is swapped",
    async (_, path) => {
      const error = await refusal(changed(honest, path));
      expect(error.code).toBe("gateway-lies");
      expect(String(error.details.field)).not.toBe("");
      expect(error.message).toContain(String(error.details.field));
      expect(error.next).toContain("Nothing was signed");
    },
  );

  /** The commitments of the shards are the gateway's to compute: what they are worth shows when the package is read back. */
  const OF_THE_GATEWAY = /commP|commitment/;
  const fields = leaves(honestDocument).map((path): [string, (string | number)[]] => [path.join("."), path]);
  it.each(fields.filter(([name]) => !OF_THE_GATEWAY.test(name)))(
    "is refused when the document's %s is swapped and all the rest made to fit, the providers' signatures too",
    async (name, path) => {
      const document = changed(honestDocument, path);
      const error = await refusal(planOf(document));
      expect(error.code).toBe("gateway-lies");
      const last = String(path.at(-1));
      if (!["version", "erasure", "mask", "rawLength"].includes(last) && !["k", "n"].includes(name)) {
        expect(String(error.details.field)).toContain(last);
      } else expect(String(error.details.field)).toMatch(/^document/);
    },
  );

  it.each([
    [
      "k = n = 1",
      {
        ...honestDocument,
        k: 1,
        n: 1,
        pieces: honestDocument.pieces.map((p) => ({
          ...p,
          shards: [{ commitment: hex(32), rawLength: Math.ceil(p.length / 127) * 127 }],
        })),
      },
      "document.k",
    ],
    ["a piece fewer", { ...honestDocument, pieces: honestDocument.pieces.slice(1) }, "document.pieces.length"],
    [
      "a piece more",
      { ...honestDocument, pieces: [...honestDocument.pieces, ...honestDocument.pieces] },
      "document.pieces.length",
    ],
    ["no mask", { ...honestDocument, mask: "none" }, "document.mask"],
  ] as [string, CommitmentDocument, string][])("is refused for %s", async (_, document, field) => {
    expect((await refusal(planOf(document))).details.field).toBe(field);
  });

  const signedBy: [string, (quote: Quote, index: number) => Quote, string][] = [
    ["provider", (q, i) => (i === 1 ? { ...q, provider: hex(20, 9) } : q), "placements[1].provider"],
    [
      "provider, twice in one piece",
      (q, i) => (i === 1 ? { ...q, provider: provider(0) } : q),
      "placements[1].quote.provider",
    ],
    ["owner", (q) => ({ ...q, owner: hex(20, 9) }), "placements[0].quote.owner"],
    ["documentHash", (q) => ({ ...q, documentHash: hex(32, 9) }), "placements[0].quote.documentHash"],
    ["commitment", (q) => ({ ...q, commitment: hex(32, 9) }), "placements[0].quote.commitment"],
    ["rawLength", (q) => ({ ...q, rawLength: 127n }), "placements[0].quote.rawLength"],
    ["periods", (q) => ({ ...q, periods: 1 }), "placements[0].quote.periods"],
    ["verifierSet", (q) => ({ ...q, verifierSet: hex(32, 9) }), "placements[0].quote.verifierSet"],
    ["expiry, past", (q) => ({ ...q, expiry: BigInt(NOW - DAY) }), "placements[0].quote.expiry"],
    ["expiry, never", (q) => ({ ...q, expiry: 2n ** 47n }), "placements[0].quote.expiry"],
    ["piece", (q, i) => (i === 0 ? { ...q, piece: 1 } : q), "placements[0].piece"],
    ["shard", (q, i) => (i === 0 ? { ...q, shard: 3 } : q), "placements[0].shard"],
  ];
  it.each(signedBy)("is refused when a provider signed another %s", async (_, change, field) => {
    const error = await refusal(planOf(honestDocument, change));
    expect([error.code, error.details.field]).toEqual(["gateway-lies", field]);
  });

  it("is refused when somebody else signs for a provider, or there is no such provider", async () => {
    const forged = structuredClone(honest);
    const { message } = signedFromJson("Quote", forged.placements[0]!.quote);
    const signature = signTyped("Quote", message, deployment, generateKey());
    forged.placements[0]!.quote = signedToJson<"Quote">({ message, signature });
    expect((await refusal(forged)).details.field).toBe("placements[0].quote.signature");
  });

  it("shows deposit and regions as the chain has them, and takes no change of them for a lie", async () => {
    const since = {
      ...chain,
      balance: async () => 7n,
      provider: async (address: Address) => ({ ...(await chain.provider(address))!, region: "CA moved" }),
    };
    const terms_ = { terms, verifiers, quorum: 2, owner: uploaded.owner };
    expect(await checkTerms(since, terms_)).toBe(7n);
    const offer = checkOffer({ plan: honest, uploaded, terms, now: NOW });
    expect(new Set(await checkSigners(since, offer))).toEqual(new Set(["CA moved"]));
    const changes: Partial<ProviderRecord>[] = [{ region: "NL moved" }, { duty: 1n }, { active: false }];
    for (const change of changes) {
      const other = { provider: async (address: Address) => ({ ...(await chain.provider(address))!, ...change }) };
      const demanding = { ...offer, placement: { countries: ["CA"] } };
      await expect(checkSigners(other, demanding)).rejects.toMatchObject({ code: "offer-outdated", kind: "conflict" });
    }
  });

  it("is refused for another time than was asked for", async () => {
    for (const days of [-1, 1]) {
      expect((await refusal({ ...honest, endsAt: honest.endsAt + days * DAY })).details.field).toBe("endsAt");
    }
  });

  it("is refused above what the owner allows, and allows no sum far above the quotes", async () => {
    await expect(check(honest, BigInt(honest.total) - 1n)).rejects.toMatchObject({ code: "too-expensive" });
    await check(honest, BigInt(honest.total));
    const much = {
      ...honest,
      escrow: (900n * 10n ** 18n).toString(),
      total: (900n * 10n ** 18n + BigInt(honest.repairReserve)).toString(),
    };
    expect((await refusal(much)).details.field).toBe("escrow");
    const reserve = {
      ...honest,
      repairReserve: (100n * 10n ** 18n).toString(),
      total: (100n * 10n ** 18n + BigInt(honest.escrow)).toString(),
    };
    expect((await refusal(reserve)).details.field).toBe("repairReserve");
  });

  it("is refused when a provider is not as the owner demands, and allows no dearer one in a repair", async () => {
    const mild = { maxPrice: 10n ** 30n, blocked: [hex(20, 9)], countries: ["CA", "NL"] };
    const placed = structuredClone(honest);
    for (const placement of placed.placements) placement.region = "NL somewhere";
    const offer = (placement: Uploaded["placement"]) =>
      checkOffer({ plan: placed, uploaded: { ...uploaded, placement }, terms, now: NOW });
    expect(offer(mild).mandate.maxPrice).toBe(offer({}).mandate.maxPrice);
    const [dearest] = offer({}).prices.toSorted((a, b) => (a < b ? 1 : -1));
    expect(offer({ maxPrice: dearest! }).mandate.maxPrice).toBe(dearest);
    const lies: [Uploaded["placement"], string][] = [
      [{ maxPrice: dearest! / 2n }, "pricePerPeriod"],
      [{ blocked: [provider(2)] }, "provider"],
      [{ allowed: [0, 1, 2].map(provider) }, "provider"],
      [{ countries: ["CA"] }, "region"],
      [{ shardCountries: ["NL", "NL", "CA"] }, "placements[2].region"],
    ];
    for (const [placement, field] of lies) {
      expect(() => offer(placement)).toThrow(expect.objectContaining({ code: "gateway-lies" }));
      expect(() => offer(placement)).toThrow(field);
    }
  });

  it("is refused for bytes that are no document", async () => {
    for (const document of ["", "AA==", randomBytes(500).toString("base64")]) {
      const documentHash = `0x${createHash("sha256").update(Buffer.from(document, "base64")).digest("hex")}`;
      expect((await refusal({ ...honest, document, documentHash })).details.field).toBe("document");
    }
  });
});
