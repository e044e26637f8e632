import { type CertificateReport, certifiedTime } from "@cairn/proofs/certificate";
import { counted, minuteWords } from "./format.ts";
import { table } from "./output.ts";

/** Gaps and deals that are named. */
const NAMED = 20;
const OUTCOMES = new Map(
  Object.entries<string>({
    void: "nobody judged them",
    silent: "it did not prove",
    late: "it proved too late",
    held: "it did not prove, as many others at that time",
    unheard: "the verifiers were away",
    damaged: "it owned up to damage",
    wrong: "it gave wrong bytes",
    mixed: "proved in part",
  }),
);

/** What a certificate that holds says, in sentences: what was held from when until when, and every gap. */
export function certificateLines({ certificate, custody, deals, unsigned }: CertificateReport): string[] {
  const since = (period: number) => minuteWords(certifiedTime(certificate, period));
  const until = (period: number) => minuteWords(certifiedTime(certificate, period + 1));
  const what = `Package ${certificate.package.id}, ${counted(certificate.pieces.length, "piece")}`;
  const lines: string[] = [];
  if (custody === undefined)
    lines.push(`${what}: there was no time in which enough shards of every piece were proved.`);
  else if (custody.gaps.length === 0)
    lines.push(`${what}: held without a gap from ${since(custody.from)} until ${until(custody.to)}.`);
  else {
    lines.push(
      `${what}: held from ${since(custody.from)} until ${until(custody.to)}, with ${counted(custody.gaps.length, "gap")} in which too few shards were proved:`,
      ...custody.gaps
        .slice(0, NAMED)
        .map(({ from, to, pieces }) => `  from ${since(from)} until ${until(to)}: piece ${pieces.join(", ")}`),
    );
    if (custody.gaps.length > NAMED) lines.push(`  … and ${custody.gaps.length - NAMED} more.`);
  }
  const rows = deals.slice(0, NAMED).map((deal) => [
    `${deal.piece}/${deal.shard}`,
    deal.provider.slice(0, 10),
    deal.to < 0 ? "—" : since(deal.from),
    deal.to < 0 ? "—" : until(deal.to),
    `${deal.proved} of ${deal.due}`,
    deal.gaps.length === 0
      ? "none"
      : deal.gaps
          .slice(0, 2)
          .map(({ from, to, outcome }) => `${since(from)} – ${until(to)}: ${OUTCOMES.get(outcome) ?? outcome}`)
          .join("; ") + (deal.gaps.length > 2 ? ` … (${deal.gaps.length} in all)` : ""),
  ]);
  lines.push("", ...table(["shard", "provider", "from", "until", "periods proved", "gaps"], rows));
  if (deals.length > NAMED) lines.push(`… and ${deals.length - NAMED} more deals: --json has them all.`);
  const early = deals.filter(({ from, to, borneOutFrom }) => to >= 0 && borneOutFrom > from).length;
  if (early > 0)
    lines.push(
      `Of ${counted(early, "deal")} the first periods are the gateway's word: it does not say what every period since the receipt came to.`,
    );
  const bare = deals.filter(({ to, borneOutTo }) => to >= 0 && borneOutTo < to).length;
  if (bare > 0)
    lines.push(`Of ${counted(bare, "deal")} the last periods, or all, are the gateway's word: no leaf bears them out.`);
  if (unsigned.length > 0)
    lines.push(
      `The roots of ${counted(unsigned.length, "period")} come without a quorum of the verifiers' votes: only the chain can say that they are theirs (--rpc).`,
    );
  return lines;
}
