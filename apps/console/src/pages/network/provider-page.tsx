import type { DealJson, ProviderDetailJson } from "@cairn/client";
import { perGibMonth } from "@cairn/core/price";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { bytes } from "../../format/bytes.ts";
import { shortId } from "../../format/short-id.ts";
import {
  Asked,
  Bytes,
  Card,
  Coins,
  type Column,
  Empty,
  Facts,
  Figure,
  Figures,
  Id,
  Page,
  Problem,
  State,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { network as words } from "../../words/network.ts";
import { hoursOf } from "./duty.ts";
import { stateOf } from "./in-words.tsx";
import { NetworkTabs } from "./network-tabs.tsx";
import { countryName } from "./places.ts";
import { providerRoute } from "./route.ts";
import { WeekGrid } from "./week-grid.tsx";

function Provider() {
  const { provider } = providerRoute.useParams();
  const query = useQuery({ queryKey: ["providers", provider], queryFn: () => client.net.provider(provider) });
  return (
    <Page title={words.one(shortId(provider))} lead={<Link to="/network">{words.back}</Link>}>
      <NetworkTabs />
      <Asked query={query}>{(found) => <Detail of={found} />}</Asked>
    </Page>
  );
}

function Detail({ of }: { of: ProviderDetailJson }) {
  const free = String(BigInt(of.capacity) - BigInt(of.used));
  const hours = words.week.one(of.hours);
  return (
    <>
      {stateOf(of)}
      <Figures>
        <Figure
          name={words.columns.rating}
          value={`${of.rating} %`}
          note={
            of.newcomer ? words.rating.newcomer : of.failed === 0 ? words.rating.good : words.rating.lost(of.failed)
          }
        />
        <Figure
          name={words.offer.price}
          value={<Coins of={perGibMonth(BigInt(of.price)).toString()} />}
          note={words.offer.perMonth}
        />
        <Figure
          name={words.offer.free}
          value={<Bytes of={free} />}
          note={words.freeOf(bytes(free), bytes(of.capacity))}
        />
        <Figure
          name={words.columns.mine}
          value={of.mine.deals === 0 ? words.nothing : <Bytes of={of.mine.bytes} />}
          note={of.mine.deals === 0 ? undefined : words.mine.packages(of.mine.deals, of.mine.packages)}
        />
      </Figures>
      <div className="columns">
        <Card title={words.offer.title}>
          <Facts
            of={[
              [words.offer.address, <code key="address">{of.provider}</code>],
              [
                words.offer.region,
                of.country === null ? of.region || words.places.none : `${of.region} (${countryName(of.country)})`,
              ],
              [
                words.offer.endpoint,
                of.endpoint === "" ? words.offer.relay : <code key="endpoint">{of.endpoint}</code>,
              ],
              [
                words.offer.egress,
                <span key="egress">
                  <Coins of={of.egressPrice} /> {words.offer.perGib}
                </span>,
              ],
              [words.offer.since, of.since === null ? words.offer.before : <Time key="since" at={of.since} />],
              [words.offer.seen, <Time key="seen" at={of.lastSeen} />],
              [words.offer.deals, of.deals],
              [
                words.offer.earned,
                <span key="earned">
                  <Coins of={of.earned} /> {words.offer.coins}
                </span>,
              ],
            ]}
          />
        </Card>
        <Card title={words.rating.title}>
          <ul className="list">
            {of.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </Card>
      </div>
      <Card title={words.misses.title}>
        {of.misses.length === 0 ? (
          <State mood="good">{words.misses.none}</State>
        ) : (
          <Table label={words.misses.title} columns={MISSES} rows={of.misses} rowKey={({ outcome }) => outcome} />
        )}
      </Card>
      <MyDeals provider={of.provider} />
      <Card title={words.week.title}>
        <div className="stack">
          <p>{hours}</p>
          <WeekGrid counts={hoursOf(of.duty)} all={1} label={hours} />
        </div>
      </Card>
    </>
  );
}

const MISSES: readonly Column<ProviderDetailJson["misses"][number]>[] = [
  {
    key: "outcome",
    title: words.misses.outcome,
    cell: ({ outcome }) => <State mood="warn">{words.misses.outcomes[outcome] ?? outcome}</State>,
  },
  { key: "deals", title: words.misses.deals, number: true, cell: ({ deals }) => deals },
  { key: "last", title: words.misses.last, cell: ({ lastAt }) => <Time at={lastAt} /> },
];

const DEALS: readonly Column<DealJson>[] = [
  { key: "deal", title: words.mine.deal, cell: ({ deal }) => <Id of={deal} /> },
  {
    key: "package",
    title: words.mine.package,
    cell: ({ package: id }) =>
      id === null ? (
        "—"
      ) : (
        <Link to="/packages/$id" params={{ id }}>
          <Id of={id} />
        </Link>
      ),
  },
  { key: "state", title: words.mine.state, cell: ({ state }) => state.toLowerCase() },
  { key: "size", title: words.mine.size, number: true, cell: ({ rawLength }) => <Bytes of={rawLength} /> },
  { key: "proved", title: words.mine.proved, cell: ({ lastProvedAt }) => <Time at={lastProvedAt} /> },
  { key: "ends", title: words.mine.ends, cell: ({ endsAt }) => <Time at={endsAt} /> },
];

function MyDeals({ provider }: { provider: string }) {
  const { query, rows, more } = usePages(
    ["deals", "of", provider],
    (after) => client.dealsPage({ provider, limit: 100, ...(after === undefined ? {} : { after }) }),
    ({ deals }) => deals,
  );
  return (
    <Card
      title={words.mine.title}
      actions={
        <Link to="/deals" search={{ provider }}>
          {words.mine.all}
        </Link>
      }
    >
      {rows === undefined ? (
        query.error === null ? (
          <Waiting />
        ) : (
          <Problem error={query.error} again={() => void query.refetch()} />
        )
      ) : rows.length === 0 ? (
        <Empty title={words.mine.none.title}>{words.mine.none.body}</Empty>
      ) : (
        <Table label={words.mine.title} columns={DEALS} rows={rows} rowKey={({ deal }) => deal} more={more} />
      )}
    </Card>
  );
}

export const page = createLazyRoute("/network/$provider")({ component: Provider });
