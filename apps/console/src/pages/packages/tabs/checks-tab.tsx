import type { CheckJson, CheckResultJson, PackageDetailJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { duration } from "../../../format/time.ts";
import { wordOf } from "../../../format/word-of.ts";
import {
  Asked,
  Button,
  Bytes,
  Card,
  Choice,
  type Column,
  Empty,
  Field,
  Form,
  Id,
  Progress,
  State,
  Table,
  Time,
} from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { useHasKey } from "../../../names/owner-work.ts";
import { checks as words } from "../../../words/package-tabs.ts";
import { copies } from "../../../words/packages.ts";
import { isAgreed } from "../mood.ts";
import { numbersOf } from "../numbers-of.ts";
import type { TabProps } from "../package-page.tsx";
import { packageRoute } from "../route.ts";
import { Schedules } from "../schedules.tsx";
import { startCheck } from "../start-check.ts";

type Scope = keyof typeof words.scopes;
type How = keyof typeof words.hows;
/** What a check that goes on is asked for anew; its shards are no events. */
const LOOK_MILLISECONDS = 700;

/** Check it now, what checks found, and checks that come by themselves. */
export default function ChecksTab({ found }: TabProps) {
  const { id, state } = found;
  const { check } = packageRoute.useSearch();
  const navigate = useNavigate({ from: "/packages/$id" });
  const open = (one: string | undefined) =>
    void navigate({
      search: ({ check: _, ...before }) => ({ ...before, ...(one === undefined ? {} : { check: one }) }),
      replace: true,
      resetScroll: false,
    });
  const canCheck = isAgreed(state) && state !== "ENDING";
  return (
    <>
      {canCheck ? <CheckNow found={found} onStarted={open} /> : null}
      {check === undefined ? null : <Result id={check} found={found} onClose={() => open(undefined)} />}
      <History id={id} onOpen={open} />
      {canCheck ? <Schedules id={id} /> : null}
    </>
  );
}

function CheckNow({ found, onStarted }: { found: PackageDetailJson; onStarted: (id: string) => void }) {
  // Behind the `#`, which the gateway is not told: names are encrypted.
  const { hash } = useLocation();
  const path = hash === "" ? undefined : decodeHash(hash);
  const hasKey = useHasKey();
  const [scope, setScope] = useState<Scope>(path === undefined ? "all" : "paths");
  const [how, setHow] = useState<How>("scrub");
  const [paths, setPaths] = useState(path ?? "");
  const [pieces, setPieces] = useState("");
  const last = found.pieceList.length - 1;
  const numbers = numbersOf(pieces, last);
  const bad = scope === "pieces" && pieces !== "" && numbers === undefined;
  const start = async () => {
    const started = await startCheck(found, {
      full: how === "full",
      ...(scope === "pieces" && numbers !== undefined ? { pieces: numbers } : {}),
      ...(scope === "paths"
        ? {
            paths: paths
              .split("\n")
              .map((one) => one.trim())
              .filter((one) => one !== ""),
          }
        : {}),
    });
    onStarted(started.id);
    invalidate(["package"]);
  };
  const needsKey = scope === "paths" || how === "full";
  return (
    <Card title={words.now}>
      <p className="soft">{words.lead}</p>
      <Form onSubmit={start}>
        {({ busy }) => (
          <>
            <div className="row fields">
              <Choice label={words.scope} value={scope} choices={entries(words.scopes)} onChange={setScope} />
              <Choice label={words.how} value={how} choices={entries(words.hows)} onChange={setHow} />
            </div>
            {scope === "pieces" ? (
              <Field
                label={words.pieces}
                hint={words.piecesHint(last)}
                fault={bad ? words.badPieces(last) : undefined}
                inputMode="numeric"
                value={pieces}
                onChange={(event) => setPieces(event.target.value)}
              />
            ) : scope === "paths" ? (
              <div className="field">
                <label htmlFor="check-paths">{words.paths}</label>
                <textarea
                  id="check-paths"
                  className="input"
                  rows={3}
                  value={paths}
                  onChange={(event) => setPaths(event.target.value)}
                />
                <span className="hint">{words.pathsHint}</span>
              </div>
            ) : null}
            {needsKey && !hasKey ? <p className="soft">{words.why}</p> : null}
            <div className="row">
              <Button
                type="submit"
                kind="main"
                busy={busy}
                disabled={(scope === "pieces" && numbers === undefined) || (scope === "paths" && paths.trim() === "")}
              >
                {words.start}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  );
}

function decodeHash(hash: string): string | undefined {
  try {
    return decodeURIComponent(hash);
  } catch {
    return undefined;
  }
}

const entries = <T extends string>(of: Record<T, string>) => Object.entries(of) as [T, string][];

/** One check as it goes, and what it came to. */
function Result({ id, found, onClose }: { id: string; found: PackageDetailJson; onClose: () => void }) {
  const query = useQuery({
    queryKey: ["check", id],
    queryFn: () => client.checkResult(id),
    refetchInterval: ({ state }) => (state.data?.state === "done" ? false : LOOK_MILLISECONDS),
  });
  return (
    <Card title={words.resultTitle} actions={<Button onClick={onClose}>{"×"}</Button>}>
      <Asked query={query}>{(result) => <Checked result={result} found={found} />}</Asked>
    </Card>
  );
}

const RESULT_COLUMNS: readonly Column<CheckResultJson["shards"][number]>[] = [
  { key: "where", title: words.columns.where, cell: ({ shard, piece }) => copies.where(shard, piece) },
  {
    key: "result",
    title: words.columns.result,
    cell: ({ result }) => (
      <State mood={result === "sound" ? "good" : result === "unchecked" ? "off" : "bad"}>
        {wordOf(words.results, result)}
      </State>
    ),
  },
  { key: "provider", title: words.columns.provider, cell: ({ provider }) => <Id of={provider} /> },
  { key: "detail", title: words.columns.detail, cell: ({ detail }) => detail },
  { key: "bytes", title: words.columns.bytes, number: true, cell: ({ checkedBytes }) => <Bytes of={checkedBytes} /> },
];

function Checked({ result, found }: { result: CheckResultJson; found: PackageDetailJson }) {
  const { shards, state, ok } = result;
  const sound = shards.filter((one) => one.result === "sound").length;
  if (state === "running") {
    const total = found.slots.filter(({ deal }) => deal !== null).length;
    return <Progress stage={words.running} done={shards.length} total={Math.max(total, shards.length)} unit="count" />;
  }
  const silent = shards.every((one) => ["sound", "silent", "refused", "unchecked"].includes(one.result));
  return (
    <div className="stack">
      <State mood={ok ? "good" : "bad"} next={ok ? undefined : silent ? words.silentNext : words.badNext}>
        {ok ? words.good(shards.length) : words.bad(shards.length - sound, shards.length)}
      </State>
      <Table
        label={words.resultTitle}
        columns={RESULT_COLUMNS}
        rows={shards.toSorted(
          (a, b) =>
            Number(a.result === "sound") - Number(b.result === "sound") || a.piece - b.piece || a.shard - b.shard,
        )}
        rowKey={({ piece, shard }) => `${piece}-${shard}`}
      />
    </div>
  );
}

const HISTORY_COLUMNS: readonly Column<CheckJson>[] = [
  { key: "when", title: words.columns.when, cell: ({ startedAt }) => <Time at={startedAt} /> },
  {
    key: "result",
    title: words.columns.result,
    cell: ({ state, ok }) => (
      <State mood={state === "running" ? "off" : ok ? "good" : "bad"}>
        {state === "running" ? words.runningWord : ok ? words.ok : words.notOk}
      </State>
    ),
  },
  { key: "looked", title: words.columns.looked, cell: ({ sound, looked }) => words.sound(sound, looked) },
  { key: "kind", title: words.columns.kind, cell: ({ kind }) => words.kinds[kind] },
  {
    key: "took",
    title: words.columns.took,
    cell: ({ startedAt, finishedAt }) => (finishedAt === null ? "—" : duration(finishedAt - startedAt)),
  },
];

function History({ id, onOpen }: { id: string; onOpen: (check: string) => void }) {
  const query = useQuery({ queryKey: ["package", id, "checks"], queryFn: () => client.checks({ package: id }) });
  return (
    <Card title={words.history}>
      <Asked query={query}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={words.empty.title}>{words.empty.body}</Empty>
          ) : (
            <Table
              label={words.history}
              columns={[
                {
                  ...HISTORY_COLUMNS[0]!,
                  cell: (check) => (
                    <Button kind="plain" onClick={() => onOpen(check.id)}>
                      <Time at={check.startedAt} />
                    </Button>
                  ),
                },
                ...HISTORY_COLUMNS.slice(1),
              ]}
              rows={all}
              rowKey={(check) => check.id}
              onOpen={(check) => onOpen(check.id)}
            />
          )
        }
      </Asked>
    </Card>
  );
}
