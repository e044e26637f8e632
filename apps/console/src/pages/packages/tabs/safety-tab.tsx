import type { SafetyJson } from "@cairn/client";
import { highest } from "@cairn/core/extremes";
import { formatSafety } from "@cairn/core/safety";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { client } from "../../../api/client.ts";
import { queryClient } from "../../../api/query-client.ts";
import { shortId } from "../../../format/short-id.ts";
import { wordOf } from "../../../format/word-of.ts";
import { Asked, Card, Empty, Facts, State } from "../../../kit/index.ts";
import { useLive } from "../../../live/live.ts";
import { copies, packages, slots, safety as words } from "../../../words/packages.ts";
import { chance, hoursOfDuty, levelOf } from "../chance.ts";
import { isAgreed } from "../mood.ts";
import type { TabProps } from "../package-page.tsx";
import { DutyLine, WeekGrid } from "../week-grid.tsx";

/** How likely it can be read, now and in each hour of the week, and what is being done about it. */
export default function SafetyTab({ found }: TabProps) {
  const { id, state } = found;
  const isKept = isAgreed(state);
  const query = useQuery({
    queryKey: ["package", id, "safety"],
    queryFn: () => client.net.safety(id),
    enabled: isKept,
  });
  // A provider that comes or goes is no event of the package.
  useLive(
    useCallback(
      ({ provider }: { provider: string | null }) => {
        if (provider !== null) void queryClient.invalidateQueries({ queryKey: ["package", id, "safety"] });
      },
      [id],
    ),
  );
  if (!isKept) {
    return (
      <>
        <Card>
          <Empty title={words.none}>{words.noneNext}</Empty>
        </Card>
        <About found={found} />
      </>
    );
  }
  return (
    <>
      <Asked query={query}>{(safety) => <Safety safety={safety} />}</Asked>
      <Rebuilding found={found} />
      <About found={found} />
    </>
  );
}

function Safety({ safety }: { safety: SafetyJson }) {
  const { now, hours, holders, sentence } = safety;
  const away = holders.filter(({ there }) => !there).length;
  const level = levelOf(highest([now, ...hours]));
  return (
    <Card title={words.title}>
      <div className="stack">
        <div>
          <State mood={level < 3 ? "good" : level < 4 ? "warn" : "bad"}>{sentence}</State>
          {holders.length === 0 ? null : (
            <State mood={away === 0 ? "good" : "warn"}>
              {away === 0 ? words.thereNow : words.notThere(away, holders.length)}
            </State>
          )}
        </div>
        <Facts
          of={[
            [packages.facts.now, <b key="now">{formatSafety(now)}</b>],
            [words.columns.chance, chance(now)],
          ]}
        />
        <div className="columns">
          <section>
            <h3>{words.week}</h3>
            <p className="soft">{words.weekLead}</p>
            <WeekGrid hours={hours} />
          </section>
          {holders.length === 0 ? null : (
            <section>
              <h3>{words.awake}</h3>
              <p className="soft">{words.awakeLead}</p>
              <ul className="list duties">
                {holders.map(({ provider, region, duty, shards, there }) => (
                  <li key={provider}>
                    <span title={provider}>
                      <code>{shortId(provider)}</code> {region} · {copies.shards(shards)} ·{" "}
                      {there ? copies.there : <b>{copies.away}</b>}
                    </span>
                    <DutyLine
                      duty={duty}
                      label={copies.hoursOf(shortId(provider), region, hoursOfDuty(duty).filter(Boolean).length)}
                    />
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
        <details>
          <summary>{words.assumed}</summary>
          <ul>
            {safety.assumed.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </details>
      </div>
    </Card>
  );
}

const MOST_SHOWN = 20;

/** Shards that are not alive, and live ones of which there is something to be said. */
function Rebuilding({ found }: TabProps) {
  const told = found.slots.filter(({ state, cause }) => state !== "ACTIVE" || cause !== null);
  const open = told.filter(({ state }) => state !== "ACTIVE").length;
  const { rebuilding } = packages;
  return (
    <Card title={rebuilding.title}>
      {told.length === 0 ? (
        <p className="soft">{rebuilding.none}</p>
      ) : (
        <>
          {open === 0 ? null : <p>{rebuilding.lead(open)}</p>}
          <ul className="list">
            {told.slice(0, MOST_SHOWN).map(({ piece, shard, state, cause }) => (
              <li key={`${piece}-${shard}`}>
                <State mood={state === "ACTIVE" ? "off" : "warn"} next={cause}>
                  {rebuilding.where(shard, piece)} {wordOf(slots, state)}.
                </State>
              </li>
            ))}
          </ul>
          {told.length > MOST_SHOWN ? <p className="soft">{packages.moreOf(told.length - MOST_SHOWN)}</p> : null}
        </>
      )}
    </Card>
  );
}

/** What it is known by. */
function About({ found }: TabProps) {
  const { facts, layouts } = packages;
  const cids = found.pieceList.filter(({ pieceCid }) => pieceCid !== null);
  const [first] = cids;
  return (
    <Card>
      <Facts
        of={[
          [facts.id, <code key="id">{found.id}</code>],
          [facts.root, found.root === null ? packages.never : <code key="root">{found.root}</code>],
          [
            facts.layout,
            [
              wordOf(layouts, found.layout),
              ...(found.public ? [packages.public] : []),
              ...(found.hot ? [packages.hot] : []),
            ].join(". "),
          ],
          ...(first === undefined
            ? []
            : cids.length === 1
              ? [[packages.pieceCid, <code key="cid">{first.pieceCid}</code>] as const]
              : [
                  [
                    facts.pieces,
                    <details key="pieces">
                      <summary>{packages.showPieces(cids.length)}</summary>
                      <ol start={0} className="pieces">
                        {cids.slice(0, 500).map(({ number, pieceCid }) => (
                          <li key={number}>
                            <code>{pieceCid}</code>
                          </li>
                        ))}
                      </ol>
                      {cids.length > 500 ? packages.moreOf(cids.length - 500) : null}
                    </details>,
                  ] as const,
                ]),
        ]}
      />
    </Card>
  );
}
