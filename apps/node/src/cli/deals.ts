import type { CustodyJson, DealJson, NetworkJson } from "@cairn/client";
import type { DealQuery } from "@cairn/client/client";
import { periodStart } from "@cairn/core";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { findPackage } from "@cairn/owner/find-package";
import { mainName, nameOf } from "@cairn/owner/package-name";
import { loadLookupKey } from "../account/load-secrets.ts";
import { counted, formatBytes, formatCoins, minuteWords } from "./format.ts";
import { addressesOf, providersOf } from "./named-providers.ts";
import { table } from "./output.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireOwner, type Session } from "./session.ts";

export interface DealOptions extends CommonOptions {
  package?: string;
  provider?: string;
  state?: string[];
  sort?: string;
  reverse?: boolean;
  /** Only those that end within so many days. */
  ending?: number;
  /** Only those whose last proof, and last check, are older than so many days. */
  unproved?: number;
  unchecked?: number;
  /** How many at most; all with --json unless given. */
  last?: number;
}

const SHOWN = 50;
const DAY = 86_400;

/** Look through the account's deals: which shard of which package is where, since and until when, and for how much. */
export async function deals(options: DealOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const network = await pinnedNetwork(session);
  const account = await loadLookupKey(session.home);
  const most = options.last ?? (output.json ? undefined : SHOWN);
  const found = await collectDeals(client, await queryOf(session, options), most);
  const named = found.deals.map((deal) => ({
    ...deal,
    packageName:
      deal.package === null ? null : mainName(nameOf(account, { id: deal.package, label: deal.label }), deal.package),
  }));
  output.result(named);
  if (named.length === 0) {
    output.say("No deals that fit. Store a folder with `cairn put FOLDER`, or leave options out.");
    return;
  }
  output.say(
    table(
      HEADINGS,
      named.map((deal) => cells(deal, network)),
    ),
  );
  if (found.more) output.say(`… and more: --last N shows more of them, --json all`);
}

/** Deals page by page, at most so many. */
export async function collectDeals(
  client: { dealsPage(query: DealQuery): Promise<{ deals: DealJson[]; next: string | null }> },
  query: DealQuery,
  most = Number.POSITIVE_INFINITY,
): Promise<{ deals: DealJson[]; more: boolean }> {
  const deals: DealJson[] = [];
  let after: string | undefined;
  do {
    const limit = Math.min(1000, most - deals.length);
    const page = await client.dealsPage({ ...query, limit, ...(after === undefined ? {} : { after }) });
    if (page.deals.length === 0) return { deals, more: false };
    for (const deal of page.deals) deals.push(deal);
    after = page.next ?? undefined;
  } while (after !== undefined && deals.length < most);
  return { deals: deals.slice(0, most), more: after !== undefined };
}

async function queryOf(
  session: Session,
  { package: name, provider, state, sort = "proposed", reverse = false, ending, unproved, unchecked }: DealOptions,
): Promise<DealQuery> {
  // What was proposed last, was proved last or is paid most is what one looks for first.
  const newestFirst = sort === "proposed";
  const now = Math.floor(Date.now() / 1000);
  return {
    sort,
    order: newestFirst === reverse ? "asc" : "desc",
    ...(provider === undefined ? {} : { provider: (await addressesOf(providersOf(session), [provider]))[0]! }),
    ...(state === undefined ? {} : { states: state.join(",") }),
    ...(ending === undefined ? {} : { endsFrom: now, endsBefore: now + Math.round(ending * DAY) }),
    ...(unproved === undefined ? {} : { provedBefore: now - Math.round(unproved * DAY) }),
    ...(unchecked === undefined ? {} : { checkedBefore: now - Math.round(unchecked * DAY) }),
    ...(name === undefined
      ? {}
      : { package: (await findPackage(ownerPorts(session, await requireOwner(session.home)), name)).id }),
  };
}

const HEADINGS = [
  "deal",
  "package",
  "shard",
  "state",
  "provider",
  "where",
  "size",
  "paid",
  "of",
  "ends",
  "proved",
  "checked",
];

function cells(deal: DealJson & { packageName: string | null }, network: NetworkJson): string[] {
  const { periodSeconds, genesisTime } = network.deployment;
  const proved =
    deal.lastProved === null ? null : periodStart(deal.lastProved, { periodSeconds, genesisTime, graceSeconds: 0 });
  return [
    deal.deal.slice(0, 10),
    deal.packageName ?? "(another gateway's)",
    `${deal.piece}/${deal.shard}`,
    deal.silentSince === null ? deal.state : `${deal.state}, silent`,
    deal.provider.slice(0, 10),
    deal.region ?? "—",
    formatBytes(deal.rawLength),
    formatCoins(BigInt(deal.paid)),
    formatCoins(BigInt(deal.escrow)),
    minuteWords(deal.endedAt ?? deal.endsAt),
    minuteWords(proved),
    deal.checkResult === null ? "—" : `${deal.checkResult} ${minuteWords(deal.checkedAt)}`,
  ];
}

const OUTCOMES = new Map(
  Object.entries<string>({
    proved: "proved",
    chain: "proved on the chain",
    late: "proved too late to be paid",
    silent: "did not prove",
    held: "not proved, as many others at that time: not held against it",
    unheard: "the verifiers were away: not held against it",
    damaged: "owned up to damage",
    wrong: "gave wrong bytes",
    "off-duty": "nothing was due",
    mixed: "proved in part: old periods, put together",
  }),
);

/** Without what goes before the first period in which something was due: the deal was not active yet. */
function sinceActive<Run extends { outcome: string }>(runs: Run[]): Run[] {
  const first = runs.findIndex(({ outcome }) => outcome !== "off-duty");
  return first === -1 ? [] : runs.slice(first);
}

/** What a package's deals came to over time, a line for each run of periods. */
export function custodyLines(custody: CustodyJson, network: NetworkJson): string[] {
  const clock = deploymentOf(network);
  const rows = custody.flatMap(({ piece, shard, provider, runs }) =>
    sinceActive(runs).map(({ from, to, outcome, counted: periods }) => [
      `${piece}/${shard}`,
      provider.slice(0, 10),
      minuteWords(periodStart(from, clock)),
      minuteWords(periodStart(to + 1, clock)),
      OUTCOMES.get(outcome) ?? outcome,
      counted(periods, "period"),
    ]),
  );
  if (rows.length === 0) return ["No period with a proof of it is final yet."];
  return table(["shard", "provider", "from", "until", "outcome", "on duty"], rows);
}
