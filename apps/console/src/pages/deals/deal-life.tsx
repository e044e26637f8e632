import type { DealJson, DealSettingsJson } from "@cairn/client";
import { highest, lowest } from "@cairn/core/extremes";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../../api/client.ts";
import { coins } from "../../format/coins.ts";
import { number } from "../../format/number.ts";
import { shortId } from "../../format/short-id.ts";
import { exactTime } from "../../format/time.ts";
import { wordOf } from "../../format/word-of.ts";
import { Asked, Bytes, Facts, State, Time } from "../../kit/index.ts";
import { Name } from "../../names/name.tsx";
import { deals } from "../../words/deals.ts";
import { checks } from "../../words/package-tabs.ts";
import { packages } from "../../words/packages.ts";
import { ProofLine } from "../packages/proof-line.tsx";
import { moodOfDeal, stateWords } from "./columns.tsx";

const words = deals.life;
/** Of the package, among which those of the deal are looked for. */
const EVENTS = 1000;

/** What happened to a deal, in order, in plain words; what was agreed, and under which settings. */
export function DealLife({ deal }: { deal: DealJson }) {
  const proofs = useQuery({ queryKey: ["deals", "proofs", deal.deal], queryFn: () => client.proofs.ofDeal(deal.deal) });
  const { package: of } = deal;
  const events = useQuery({
    queryKey: ["events", "of", of],
    queryFn: () => client.events(undefined, EVENTS, of === null ? {} : { package: of }),
  });
  const spans = proofs.data?.spans ?? [];
  const counted = spans.reduce((sum, span) => sum + span.counted, 0);
  const proved = spans.reduce((sum, span) => sum + span.proved, 0);
  return (
    <div className="stack life">
      <State mood={moodOfDeal(deal)}>{stateWords(deal)}</State>
      <ol className="list">
        {stepsOf(deal).map(([at, said]) => (
          <li key={said}>
            <Time at={at} /> <span>{said}</span>
          </li>
        ))}
      </ol>
      {counted === 0 ? null : (
        <div>
          <p>{words.proved(number(proved), number(counted))}</p>
          <ProofLine
            spans={spans}
            from={lowest(spans.map(({ since }) => since))}
            until={highest(spans.map(({ until }) => until))}
            label={words.proved(number(proved), number(counted))}
          />
        </div>
      )}
      <h3>{words.facts}</h3>
      <Facts of={agreedOf(deal)} />
      <h3>{words.settings}</h3>
      {deal.settings === null ? <p className="soft">{words.noSettings}</p> : <Facts of={settingsOf(deal.settings)} />}
      <h3>{words.events}</h3>
      <Asked query={events}>
        {(all) => {
          const own = all.filter((event) => event.deal === deal.deal);
          return own.length === 0 ? (
            <p className="soft">{words.noEvents}</p>
          ) : (
            <ul className="list">
              {own.map(({ id, at, message, next }) => (
                <li key={id}>
                  <Time at={at} /> {message} {next === null ? null : <span className="soft">{next}</span>}
                </li>
              ))}
            </ul>
          );
        }}
      </Asked>
    </div>
  );
}

/** The stations of a deal with their times, oldest first. */
function stepsOf(deal: DealJson): [at: number | null, said: string][] {
  const { state, proposedAt, activatedAt, endedAt, endsAt, silentSince, checkedAt, checkResult } = deal;
  const steps: [number | null, string][] = [
    [proposedAt, words.proposed(shortId(deal.provider), coins(deal.pricePerPeriod))],
  ];
  if (activatedAt !== null) steps.push([activatedAt, words.activated]);
  else if (state === "PROPOSED") steps.push([null, words.notYet]);
  if (checkedAt !== null && checkResult !== null)
    steps.push([checkedAt, words.checked(wordOf(checks.results, checkResult))]);
  if (silentSince !== null && state === "ACTIVE") steps.push([silentSince, words.silent]);
  const ended = Object.hasOwn(words.ended, state) ? words.ended[state] : undefined;
  if (ended !== undefined) steps.push([endedAt, ended]);
  else if (endsAt !== null) steps.push([endsAt, words.ends]);
  return steps.toSorted(([a], [b]) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));
}

type Fact = readonly [name: string, value: ReactNode];

function agreedOf(deal: DealJson): Fact[] {
  const { columns } = deals;
  const code = (value: string | null) => (value === null ? "—" : <code>{value}</code>);
  return [
    [
      words.package,
      deal.package === null ? (
        "—"
      ) : (
        <Link key="package" to="/packages/$id" params={{ id: deal.package }}>
          <Name of={{ id: deal.package, label: deal.label }} />
        </Link>
      ),
    ],
    [columns.deal, code(deal.deal)],
    [columns.dealCid, code(deal.dealCid)],
    [columns.provider, code(deal.provider)],
    [columns.region, deal.region ?? "—"],
    [columns.root, code(deal.root)],
    [columns.created, deal.packageCreatedAt === null ? "—" : exactTime(deal.packageCreatedAt)],
    [columns.carBytes, deal.pieceLength === null ? "—" : <Bytes key="car" of={deal.pieceLength} />],
    [columns.piece, code(deal.pieceCid)],
    [columns.bytes, <Bytes key="bytes" of={deal.rawLength} />],
    [columns.commitment, code(deal.shardCid ?? deal.commitment)],
    [columns.sealed, deal.sealedSector === "not sealed" ? deals.notSealed : code(deal.sealedSector)],
    [
      columns.ends,
      deal.endsAt === null
        ? "—"
        : [
            exactTime(deal.endsAt),
            ...(deal.endsBlock === null
              ? []
              : [`${columns.endsBlock.toLowerCase()} ${deals.block(number(deal.endsBlock))}`]),
          ].join(", "),
    ],
    [
      words.money,
      [
        words.paidOf(coins(deal.paid), coins(deal.escrow)),
        words.periods(deal.paidPeriods, deal.periods),
        ...(deal.refunded === "0" ? [] : [words.back(coins(deal.refunded))]),
      ].join(" · "),
    ],
  ];
}

function settingsOf({ k, n, days, layout, mask, maxPrice, placement }: DealSettingsJson): Fact[] {
  const { countries, shardCountries, allowed, blocked, minScore } = placement;
  const list = (items: readonly string[] | undefined) =>
    items === undefined || items.length === 0 ? words.any : items.join(", ");
  return [
    [words.shards, `${k} / ${n}`],
    [words.days, number(days)],
    [words.maxPrice, coins(maxPrice)],
    [words.countries, list(shardCountries ?? countries)],
    [words.layout, wordOf(packages.layouts, layout)],
    [words.encryption, mask],
    ...(allowed === undefined || allowed.length === 0 ? [] : [[words.allowed, list(allowed.map(shortId))] as const]),
    ...(blocked === undefined || blocked.length === 0 ? [] : [[words.blocked, list(blocked.map(shortId))] as const]),
    ...(minScore === undefined ? [] : [[words.minScore, number(minScore)] as const]),
  ];
}
