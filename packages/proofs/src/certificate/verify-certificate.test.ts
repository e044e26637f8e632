import { isOnDuty } from "@cairn/core/periods";
import { CairnError, type Hex } from "@cairn/protocol";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Certificate, type CertifiedSpan, certificateText, type SpanOutcome } from "./certificate.ts";
import { makeCertificate, signCertificate, VERIFIER_KEYS } from "./testing/make-certificate.ts";
import { type CertificateReport, verifyCertificate } from "./verify-certificate.ts";

const proved = (periods: number): (SpanOutcome | undefined)[] => Array.from({ length: periods }, () => "proved");
const textOf = (certificate: Certificate, key?: Hex) => certificateText(signCertificate(certificate, key));

function refusalOf(text: string): CairnError {
  try {
    verifyCertificate(text);
  } catch (error) {
    if (error instanceof CairnError) return error;
    throw error;
  }
  throw new Error("the certificate was believed");
}

let whole: Certificate;
let text: string;
beforeAll(async () => {
  whole = await makeCertificate([proved(9), [...proved(4), "silent", "chain", ...proved(3)], proved(9)]);
  text = textOf(whole);
});

describe("a certificate", () => {
  it("says that a package was held without a gap, though one provider missed a period", () => {
    const report = verifyCertificate(text);
    expect(report.custody).toEqual({ from: 1, to: 9, gaps: [] });
    expect(report.unsigned).toEqual([]);
    expect(report.deals.map(({ due, proved: held, onChain, gaps }) => ({ due, held, onChain, gaps }))).toEqual([
      { due: 9, held: 9, onChain: 0, gaps: [] },
      { due: 9, held: 8, onChain: 1, gaps: [{ from: 5, to: 5, outcome: "silent" }] },
      { due: 9, held: 9, onChain: 0, gaps: [] },
    ]);
    expect(report.deals.map(({ borneOutTo }) => borneOutTo)).toEqual([9, 9, 9]);
  });

  it("names a gap over which nobody judged, and one in which too few proved", async () => {
    const void_ = [undefined, undefined];
    const certificate = await makeCertificate([
      [...proved(3), ...void_, ...proved(3)],
      [...proved(3), ...void_, "proved", "silent", "proved"],
      [...proved(3), ...void_, "proved", "silent", "proved"],
    ]);
    expect(verifyCertificate(textOf(certificate)).custody).toEqual({
      from: 1,
      to: 8,
      gaps: [
        { from: 4, to: 5, pieces: [0] },
        { from: 7, to: 7, pieces: [0] },
      ],
    });
  });

  it("is refused when any one byte is altered", () => {
    const bytes = Buffer.from(text, "latin1");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 127 }), (at, by) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] as number) ^ by;
        expect(refusalOf(altered.toString("latin1")).code).toBe("bad-certificate");
      }),
      { numRuns: 2000 },
    );
    expect(refusalOf(`${text}\n`).message).toContain("only spelling");
    expect(refusalOf(text.slice(0, -1)).message).toContain("only spelling");
  });

  it.each<[string, (certificate: Certificate) => void, RegExp]>([
    [
      "a leaf that was improved",
      (c) => {
        c.deals[1]!.leaves[1]!.fulfilled += 1;
      },
      /deals\[1\].leaves\[1\] does not lead to the root of period 5/,
    ],
    [
      "a gap that was left out",
      (c) => c.deals[1]!.spans.splice(0, 3, { from: 1, to: 6, outcome: "proved", counted: 6, proved: 6, onChain: 0 }),
      /goes on over the leaf of period 4/,
    ],
    [
      "a miss that was renamed",
      (c) => Object.assign(c.deals[1]!.spans[1]!, { outcome: "proved", proved: 1 }),
      /say 1 proved periods up to period 5, and the leaf 0/,
    ],
    [
      "a miss that was hidden as shared silence",
      (c) => Object.assign(c.deals[1]!.spans[1]!, { outcome: "held" }),
      /say 0 judged periods up to period 5, and the leaf 1/,
    ],
    [
      "a root of its own",
      (c) => {
        c.roots[0]!.root = `0x${"00".repeat(32)}`;
      },
      /roots\[0\].votes\[0\] is for another root/,
    ],
    [
      "verifiers of its own",
      (c) => {
        c.set.verifiers[0] = c.gateway;
      },
      /roots\[0\].votes\[0\] is of another verifier set/,
    ],
    [
      "another quorum",
      (c) => {
        c.set.quorum = 1;
      },
      /roots\[0\].votes\[0\] is of another verifier set/,
    ],
    [
      "a vote twice",
      (c) => {
        c.roots[0]!.votes[1] = c.roots[0]!.votes[0]!;
      },
      /voted before/,
    ],
    [
      "another piece",
      (c) => {
        c.pieces[0]!.length += 127;
      },
      /pieces\[0\] is not what the document says/,
    ],
    [
      "another deal's id",
      (c) => {
        c.deals[0]!.deal = c.deals[1]!.deal;
      },
      /does not hash to deal/,
    ],
    [
      "a later receipt",
      (c) => {
        c.deals[1]!.receivedAt += 5 * 3600;
      },
      /counts more/,
    ],
    [
      "a deal twice",
      (c) => {
        c.deals[1] = c.deals[0]!;
      },
      /stands there twice/,
    ],
    [
      "more time than agreed",
      (c) => {
        c.deals[0]!.lastPeriod = 10_001;
      },
      /later than the quote/,
    ],
    [
      "periods to come",
      (c) => {
        c.period = 8;
      },
      /not over/,
    ],
  ])("shows %s, whoever signed it", async (_, alter, why) => {
    const certificate = structuredClone(whole);
    alter(certificate);
    expect(refusalOf(textOf(certificate)).message).toMatch(why);
  });

  it("is not that of another signer", () => {
    expect(refusalOf(textOf(whole, VERIFIER_KEYS[0])).message).toMatch(/signature is not that of gateway/);
  });

  it("says which roots come without the votes of a quorum", () => {
    const certificate = structuredClone(whole);
    certificate.roots[0]!.votes = [];
    certificate.roots[1]!.votes.pop();
    const periods = certificate.roots.map(({ period }) => period);
    expect(verifyCertificate(textOf(certificate)).unsigned).toEqual(periods.slice(0, 2));
  });

  it("tells what happened, whatever did", () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .array(
            fc.array(
              fc.option(
                fc.constantFrom<SpanOutcome>("proved", "proved", "chain", "silent", "held", "late", "off-duty"),
                { nil: undefined },
              ),
              {
                minLength: 1,
                maxLength: 9,
              },
            ),
            { minLength: 3, maxLength: 3 },
          )
          .filter((told) =>
            told.every(
              (one) => one.every((outcome) => outcome !== "off-duty") && one.some((outcome) => outcome !== undefined),
            ),
          ),
        async (told) => {
          const { custody, deals } = verifyCertificate(textOf(await makeCertificate(told)));
          const held = (period: number) =>
            told.filter((outcomes) => ["proved", "chain"].includes(outcomes[period - 1] ?? "")).length;
          const first = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((period) => held(period) >= 2);
          expect(custody?.from).toBe(first);
          for (let period = custody?.from ?? 10; period <= (custody?.to ?? 0); period++) {
            const inGap = custody?.gaps.some(({ from, to }) => from <= period && period <= to) ?? false;
            expect(inGap).toBe(held(period) < 2);
          }
          for (const [at, deal] of deals.entries())
            expect(deal.proved).toBe(told[at]!.filter((one) => one === "proved" || one === "chain").length);
        },
      ),
      { numRuns: 60 },
    ));

  it("ends hostile files with a refusal, and soon", () => {
    const json = fc.json({ maxDepth: 6 });
    const paths = fc.constantFrom("certificate", "signature");
    const value = JSON.parse(text) as Record<string, unknown>;
    const refused = (file: string): void => {
      expect(refusalOf(file).code).toBe("bad-certificate");
    };
    fc.assert(
      fc.property(json, (file) => refused(file)),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.string(), (file) => refused(file)),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(paths, json, (name, part) => refused(`${JSON.stringify({ ...value, [name]: JSON.parse(part) })}\n`)),
      { numRuns: 300 },
    );
    // One field, however deep, is something else: signed anew, so that only what it says can be refused.
    const leaves: (string | number)[][] = [];
    const walk = (part: unknown, path: (string | number)[]) => {
      leaves.push(path);
      if (typeof part !== "object" || part === null) return;
      for (const [name, inner] of Object.entries(part))
        walk(inner, [...path, Array.isArray(part) ? Number(name) : name]);
    };
    walk(whole, []);
    fc.assert(
      fc.property(
        fc.constantFrom(...leaves.slice(1)),
        fc.oneof(
          json.map((one) => JSON.parse(one) as unknown),
          fc.maxSafeNat(),
          fc.constant("0x"),
        ),
        (path, part) => {
          const certificate = structuredClone(whole) as unknown as Record<string, never>;
          let at = certificate;
          for (const name of path.slice(0, -1)) at = at[name as string] as never;
          at[path.at(-1) as string] = part as never;
          let report: CertificateReport | undefined;
          try {
            report = verifyCertificate(textOf(certificate as unknown as Certificate));
          } catch (error) {
            expect(error).toMatchObject({ code: "bad-certificate" });
          }
          // What nothing in the file bears out may be said otherwise; nobody was held for longer by it.
          if (report !== undefined)
            expect(report.deals.every(({ proved: held }, i) => held <= [9, 8, 9][i]!)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
    refused("[".repeat(1_000_000));
    refused(`{"certificate":${"[".repeat(100_000)}${"]".repeat(100_000)},"signature":"0x"}\n`);
  });
});

/** Outcomes of a due period in which nothing was proved. */
const MISSED = ["silent", "late", "damaged", "wrong", "held", "unheard"] as const;

/** Spans `first` … `last` of a deal as one, as a gateway puts them together. */
function joinSpans(spans: CertifiedSpan[], first: number, last: number): void {
  const some = spans.slice(first, last + 1);
  const sum = (of: "counted" | "proved" | "onChain") => some.reduce((all, span) => all + span[of], 0);
  const joined = { counted: sum("counted"), proved: sum("proved"), onChain: sum("onChain") };
  spans.splice(first, some.length, { from: some[0]!.from, to: some.at(-1)!.to, outcome: "mixed", ...joined });
}

describe("periods that were not proved", () => {
  it.each(MISSED)("are a gap where they were %s, and not hidden as off duty or among others", async (missed) => {
    const told = [...proved(3), missed, missed, ...proved(3)];
    const gaps = [{ from: 4, to: 5, pieces: [0] }];
    const honest = await makeCertificate([told, told, told]);
    expect(verifyCertificate(textOf(honest)).custody).toEqual({ from: 1, to: 8, gaps });

    const renamed = structuredClone(honest);
    for (const { spans } of renamed.deals) spans[1]!.outcome = "off-duty";
    expect(refusalOf(textOf(renamed)).message).toMatch(/spans\[1\] is of periods in which something was due/);

    const uncounted = structuredClone(honest);
    for (const { spans } of uncounted.deals) Object.assign(spans[1]!, { outcome: "mixed", counted: 0 });
    // The leaves count what was judged against the provider, and not what nobody holds against it.
    if (missed === "held" || missed === "unheard")
      expect(verifyCertificate(textOf(uncounted)).custody).toEqual({ from: 1, to: 8, gaps });
    else expect(refusalOf(textOf(uncounted)).message).toMatch(/judged periods up to period 5/);
  });

  it("are a gap however the spans are named, counted and put together, or the certificate is refused", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<SpanOutcome>("proved", "proved", ...MISSED), { minLength: 2, maxLength: 8 }),
        fc.nat(7),
        fc.constantFrom(...MISSED),
        fc.array(
          fc.record({
            at: fc.nat(9),
            outcome: fc.constantFrom<SpanOutcome>(...MISSED, "proved", "off-duty", "mixed"),
            counted: fc.nat(8),
            proved: fc.nat(8),
          }),
          { maxLength: 3 },
        ),
        fc.option(fc.tuple(fc.nat(9), fc.nat(9))),
        async (outcomes, at, missed, changes, join) => {
          const told = outcomes.with(at % outcomes.length, missed);
          const certificate = await makeCertificate([told, told, told]);
          for (const deal of certificate.deals) {
            // Only the last leaf: as little as possible bears the spans out.
            deal.leaves.splice(0, deal.leaves.length - 1);
            for (const { at: which, ...change } of changes) {
              const span = deal.spans[which % deal.spans.length]!;
              Object.assign(span, change);
            }
            if (join !== null) {
              const [first, last] = join.map((end) => end % deal.spans.length).toSorted((a, b) => a - b);
              joinSpans(deal.spans, first!, last!);
            }
          }
          let report: CertificateReport;
          try {
            report = verifyCertificate(textOf(certificate));
          } catch (error) {
            expect(error).toMatchObject({ code: "bad-certificate" });
            return;
          }
          const misses = told.filter((outcome) => outcome !== "proved").length;
          for (const { gaps } of report.deals)
            expect(gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBeGreaterThanOrEqual(misses);
          expect(
            report.custody === undefined ||
              report.custody.gaps.length > 0 ||
              report.custody.to < told.length ||
              report.custody.from > 1,
          ).toBe(true);
        },
      ),
      { numRuns: 100 },
    ));

  it("are counted for each shard once: three holders of the same shard restore nothing", async () => {
    const told = [proved(5), proved(5), proved(5)];
    expect(verifyCertificate(textOf(await makeCertificate(told, { shards: [0, 0, 0] }))).custody).toBeUndefined();
    expect(verifyCertificate(textOf(await makeCertificate(told, { shards: [0, 0, 1] }))).custody).toEqual({
      from: 1,
      to: 5,
      gaps: [],
    });
  });

  it("of one holder of a shard are made up for by another holder of it", async () => {
    const certificate = await makeCertificate(
      [[...proved(2), "silent", "silent"], ["silent", "silent", ...proved(2)], proved(4)],
      { shards: [0, 0, 1] },
    );
    expect(verifyCertificate(textOf(certificate)).custody).toEqual({ from: 1, to: 4, gaps: [] });
  });
});

describe("what the leaves bear out", () => {
  it("does not begin before the first leaf, unless the spans begin at the receipt", async () => {
    const told = [...proved(10), ...Array.from({ length: 10 }, (): SpanOutcome => "silent")];
    const certificate = await makeCertificate([told, told, told]);
    for (const deal of certificate.deals) {
      deal.leaves.shift();
      deal.spans = [{ from: 11, to: 20, outcome: "proved", counted: 10, proved: 10, onChain: 0 }];
    }
    const { deals } = verifyCertificate(textOf(certificate));
    expect(deals.map(({ borneOutFrom, borneOutTo }) => [borneOutFrom, borneOutTo])).toEqual(deals.map(() => [-1, -1]));
  });

  it("begins after the first leaf where a record began late, and at the receipt where all before was proved", async () => {
    const late = await makeCertificate([
      ["silent", ...proved(3), "silent", ...proved(3)],
      [...proved(4), "silent", ...proved(3)],
      proved(8),
    ]);
    for (const deal of late.deals) {
      const { leaves, spans } = deal;
      // The record of the first two periods is not there.
      const first = spans.findIndex(({ to }) => to > 2);
      leaves.splice(0, first);
      spans.splice(0, first);
      const cut = 3 - spans[0]!.from;
      Object.assign(spans[0]!, { from: 3, counted: spans[0]!.counted - cut, proved: spans[0]!.proved - cut });
    }
    const { deals, custody } = verifyCertificate(textOf(late));
    expect(deals.map(({ borneOutFrom, borneOutTo }) => [borneOutFrom, borneOutTo])).toEqual([
      [5, 8],
      [1, 8],
      [1, 8],
    ]);
    expect(custody?.from).toBe(3);
  });

  it("is nothing of the time before the receipt or after the end", async () => {
    const certificate = structuredClone(whole);
    for (const deal of certificate.deals) deal.spans[0]!.from = 0;
    expect(verifyCertificate(textOf(certificate)).custody?.from).toBe(1);
    for (const deal of certificate.deals) {
      deal.lastPeriod = 9;
      deal.spans.at(-1)!.to = 30;
      deal.leaves.pop();
    }
    certificate.period = 30;
    expect(verifyCertificate(textOf(certificate)).custody?.to).toBe(9);
  });
});

it("holds as an honest gateway writes it, with hours off duty, voids and old spans put together", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.boolean(),
          fc.option(fc.constantFrom<SpanOutcome>("proved", "proved", "chain", ...MISSED), { nil: undefined }),
        ),
        { minLength: 1, maxLength: 10 },
      ),
      fc.integer({ min: 1, max: 4 }),
      async (periods, mostSpans) => {
        const { network } = whole;
        let duty = 0n;
        const startOf = (period: number) => network.genesisTime + period * network.periodSeconds;
        for (const [at, [on]] of periods.entries()) {
          for (let hour = 0n; on && hour < 168n; hour++) if (isOnDuty(1n << hour, startOf(at + 1))) duty |= 1n << hour;
        }
        const told = periods.map(([on, outcome]) => (on || outcome === undefined ? outcome : "off-duty"));
        if (told.every((outcome) => outcome === undefined)) return;
        const certificate = await makeCertificate([told, told, told], { duty });
        for (const { spans, leaves } of certificate.deals) {
          while (spans.length > mostSpans) {
            joinSpans(spans, 0, 1);
            leaves.shift();
          }
        }
        const { deals } = verifyCertificate(textOf(certificate));
        const due = periods.flatMap(([on], at) => (on ? [at + 1] : []));
        for (const deal of deals) {
          const missed = due.filter(
            (period) =>
              period >= deal.from && period <= deal.to && !["proved", "chain"].includes(told[period - 1] ?? ""),
          );
          for (const period of missed)
            expect(deal.gaps.some(({ from, to }) => from <= period && period <= to)).toBe(true);
          if (missed.length === 0) expect(deal.gaps).toEqual([]);
        }
      },
    ),
    { numRuns: 80 },
  ));

it("counts centuries of periods without walking through them", () => {
  const certificate = structuredClone(whole);
  for (const deal of certificate.deals)
    Object.assign(deal, {
      leaves: [],
      spans: [{ from: 1, to: 2 ** 39, outcome: "held", counted: 5, proved: 0, onChain: 0 }],
    });
  certificate.period = 2 ** 40;
  expect(refusalOf(textOf(certificate)).message).toMatch(/leaves out periods/);
});
