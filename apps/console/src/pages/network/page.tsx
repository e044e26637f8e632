import type { ListedProviderJson } from "@cairn/client";
import { perGibMonth } from "@cairn/core/price";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { client } from "../../api/client.ts";
import { bytes } from "../../format/bytes.ts";
import {
  Asked,
  Button,
  Bytes,
  Card,
  Coins,
  type Column,
  Empty,
  Figure,
  Figures,
  Id,
  Page,
  Table,
} from "../../kit/index.ts";
import { network as words } from "../../words/network.ts";
import { hoursOf, onDuty } from "./duty.ts";
import { hoursInWords, stateOf } from "./in-words.tsx";
import { NetworkTabs } from "./network-tabs.tsx";
import { countryName, freeBytes, type Place, placesOf, sorted } from "./places.ts";
import { networkRoute, SORTS } from "./route.ts";
import { SmallWeek, WeekGrid } from "./week-grid.tsx";

const WorldMap = lazy(() => import("./world-map.tsx"));

const COLUMNS: readonly Column<ListedProviderJson>[] = [
  {
    key: "provider",
    title: words.columns.provider,
    sortable: true,
    cell: ({ provider }) => (
      <Link to="/network/$provider" params={{ provider }}>
        <Id of={provider} />
      </Link>
    ),
  },
  {
    key: "place",
    title: words.columns.place,
    sortable: true,
    cell: ({ country, region }) =>
      country === null ? region || words.places.none : <span title={region}>{countryName(country)}</span>,
  },
  { key: "state", title: words.columns.state, sortable: true, cell: stateOf },
  {
    key: "hours",
    title: words.columns.hours,
    cell: ({ duty }) => {
      const hours = hoursOf(duty);
      return <SmallWeek hours={hours} label={words.week.one(hoursInWords(hours))} />;
    },
  },
  {
    key: "free",
    title: words.columns.free,
    number: true,
    sortable: true,
    cell: ({ capacity, used }) => {
      const free = BigInt(capacity) - BigInt(used);
      return (
        <span title={words.freeOf(bytes(String(free)), bytes(capacity))}>
          <Bytes of={String(free)} />
        </span>
      );
    },
  },
  {
    key: "price",
    title: words.columns.price,
    number: true,
    sortable: true,
    cell: ({ price }) => <Coins of={perGibMonth(BigInt(price)).toString()} />,
  },
  {
    key: "rating",
    title: words.columns.rating,
    number: true,
    sortable: true,
    cell: ({ rating, fulfilled, committed }) => <span title={words.proved(fulfilled, committed)}>{`${rating} %`}</span>,
  },
  {
    key: "mine",
    title: words.columns.mine,
    number: true,
    sortable: true,
    cell: ({ mine }) =>
      mine.deals === 0 ? <span className="soft">{words.nothing}</span> : words.mineWords(mine.deals, bytes(mine.bytes)),
  },
];

const PLACE_COLUMNS = (onPick: (country: string) => void): readonly Column<Place>[] => [
  {
    key: "country",
    title: words.places.country,
    cell: ({ country }) =>
      country === null ? (
        <span className="soft">{words.places.none}</span>
      ) : (
        <Button kind="plain" className="link" onClick={() => onPick(country)}>
          {countryName(country)}
        </Button>
      ),
  },
  {
    key: "connected",
    title: words.places.connected,
    number: true,
    cell: ({ connected, providers }) => words.of(connected, providers),
  },
  { key: "mine", title: words.places.mine, number: true, cell: ({ mine }) => mine },
];

function Network() {
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => client.providers() });
  return (
    <Page title={words.title} lead={words.lead}>
      <NetworkTabs />
      <Asked query={providers}>
        {(found) =>
          found.length === 0 ? (
            <Card>
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            </Card>
          ) : (
            <Providers found={found} />
          )
        }
      </Asked>
    </Page>
  );
}

function Providers({ found }: { found: readonly ListedProviderJson[] }) {
  const { country, sort, order = "asc" } = networkRoute.useSearch();
  const navigate = useNavigate({ from: "/network" });
  const places = useMemo(() => placesOf(found), [found]);
  const counts = useMemo(() => onDuty(found.map(({ duty }) => duty)), [found]);
  const shown = useMemo(
    () => sorted(country === undefined ? found : found.filter((one) => one.country === country), sort, order),
    [found, country, sort, order],
  );
  const pick = (next: string | undefined) =>
    void navigate({
      search: ({ country: _, ...before }) => (next === undefined ? before : { ...before, country: next }),
      resetScroll: false,
    });
  const connected = found.filter((one) => one.connected).length;
  const least = counts.reduce((a, b) => Math.min(a, b), found.length);
  const lost = places.filter(({ centre }) => centre === null).reduce((sum, one) => sum + one.providers, 0);
  const label = words.week.all(least, found.length);
  return (
    <>
      <Figures>
        <Figure name={words.figures.connected} value={words.of(connected, found.length)} />
        <Figure name={words.figures.countries} value={places.filter((one) => one.country !== null).length} />
        <Figure
          name={words.figures.mine}
          value={words.of(found.filter(({ mine }) => mine.deals > 0).length, found.length)}
        />
        <Figure name={words.figures.free} value={<Bytes of={freeBytes(found)} />} />
      </Figures>
      <div className="map-and-table">
        <Card title={words.map.title}>
          <div className="world-frame">
            <Suspense fallback={null}>
              <WorldMap places={places} onPick={pick} />
            </Suspense>
          </div>
          <p className="soft small legend">
            <span>
              {words.map.note} {lost === 0 ? null : words.unplaced(lost)}
            </span>
            <span className="keys" aria-hidden="true">
              <i /> {words.map.on} <i className="off" /> {words.map.off}
            </span>
          </p>
        </Card>
        <Card title={words.places.title}>
          <Table
            label={words.places.title}
            columns={PLACE_COLUMNS(pick)}
            rows={places}
            rowKey={(one) => one.country ?? ""}
          />
        </Card>
      </div>
      {country === undefined ? null : (
        <p className="row">
          <span>{words.shown(countryName(country))}</span>
          <Button onClick={() => pick(undefined)}>{words.showAll}</Button>
        </p>
      )}
      <Card title={words.list}>
        <Table
          label={words.list}
          columns={COLUMNS}
          rows={shown}
          rowKey={({ provider }) => provider}
          sorting={sort === undefined ? undefined : { by: sort, order }}
          onSort={({ by, order: next }) => {
            const known = SORTS.find((one) => one === by);
            if (known !== undefined)
              void navigate({ search: (before) => ({ ...before, sort: known, order: next }), resetScroll: false });
          }}
          onOpen={({ provider }) => void navigate({ to: "/network/$provider", params: { provider } })}
        />
      </Card>
      <Card title={words.week.title}>
        <div className="stack">
          <p>{label}</p>
          <WeekGrid counts={counts} all={found.length} label={label} />
        </div>
      </Card>
    </>
  );
}

export const page = createLazyRoute("/network")({ component: Network });
