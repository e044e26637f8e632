import type { ScheduleJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import {
  Asked,
  Button,
  Card,
  Choice,
  Confirm,
  Empty,
  Field,
  Form,
  faultOf,
  Id,
  State,
  Time,
  toast,
} from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { checks as words } from "../../words/checks.ts";
import { Frame } from "./frame.tsx";

/** Checks that come by themselves, over all packages. */
function Schedules() {
  const query = useQuery({ queryKey: ["schedules"], queryFn: () => client.schedules.list() });
  return (
    <Frame title={words.title} lead={words.lead}>
      <Card title={words.list.title}>
        <Asked query={query}>
          {({ schedules }) =>
            schedules.length === 0 ? (
              <Empty title={words.list.empty.title}>{words.list.empty.body}</Empty>
            ) : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
              <section className="table-scroll" tabIndex={0} aria-label={words.list.title}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{words.list.columns.what}</th>
                      <th scope="col">{words.list.columns.kind}</th>
                      <th scope="col">{words.list.columns.every}</th>
                      <th scope="col">{words.list.columns.next}</th>
                      <th scope="col">{words.list.columns.last}</th>
                      <td />
                    </tr>
                  </thead>
                  <tbody>
                    {schedules.map((one) => (
                      <Row key={one.id} schedule={one} />
                    ))}
                  </tbody>
                </table>
              </section>
            )
          }
        </Asked>
      </Card>
      <Add />
    </Frame>
  );
}

function Row({ schedule }: { schedule: ScheduleJson }) {
  const [removing, setRemoving] = useState(false);
  const { id, package: of, pieces, kind, everySeconds, nextAt, lastCheck, missed } = schedule;
  return (
    <tr>
      <th scope="row">
        {of === null ? (
          words.list.all
        ) : (
          <Link to="/packages/$id" params={{ id: of }}>
            <Id of={of} />
          </Link>
        )}
        {pieces === null ? null : ` (${words.list.pieces(pieces.length)})`}
      </th>
      <td>{words.list.kinds[kind]}</td>
      <td>{words.every(everySeconds)}</td>
      <td>
        <Time at={nextAt} />
      </td>
      <td>
        {lastCheck === null ? (
          <span className="soft">{words.list.never}</span>
        ) : (
          <State mood={lastCheck.state === "running" ? "off" : lastCheck.ok ? "good" : "bad"}>
            {lastCheck.state === "running" ? words.list.running : lastCheck.ok ? words.list.sound : words.list.found}{" "}
            <Time at={lastCheck.finishedAt ?? lastCheck.startedAt} />
          </State>
        )}
        {missed > 0 ? <small className="soft">{words.list.missed(missed)}</small> : null}
      </td>
      <td className="number">
        <Button onClick={() => setRemoving(true)}>{words.list.remove}</Button>
        <Confirm
          title={words.list.removeTitle}
          open={removing}
          onClose={() => setRemoving(false)}
          act={words.list.remove}
          danger
          onConfirm={async () => {
            await client.schedules.remove(id);
            invalidate(["schedules"]);
          }}
        >
          {words.list.removeBody}
        </Confirm>
      </td>
    </tr>
  );
}

function Add() {
  const [what, setWhat] = useState<"all" | "one">("all");
  const [of, setOf] = useState("");
  const [kind, setKind] = useState<ScheduleJson["kind"]>("scrub");
  const [every, setEvery] = useState("604800");
  const add = async () => {
    await client.schedules.add({
      ...(what === "one" ? { package: of.trim() } : {}),
      ...{ kind, everySeconds: Number(every) },
    });
    setOf("");
    toast(words.add.added);
    invalidate(["schedules"]);
  };
  return (
    <Card title={words.add.title}>
      <Form onSubmit={add} fields={["package"]}>
        {({ error, busy }) => (
          <>
            <div className="columns narrow start">
              <Choice
                label={words.add.what}
                value={what}
                choices={[
                  ["all", words.add.all],
                  ["one", words.add.package],
                ]}
                onChange={setWhat}
              />
              {what === "one" ? (
                <Field
                  label={words.add.id}
                  value={of}
                  fault={faultOf(error, "package")}
                  onChange={(event) => setOf(event.target.value)}
                />
              ) : null}
              <Choice
                label={words.add.kind}
                value={kind}
                choices={Object.entries(words.add.kinds) as [ScheduleJson["kind"], string][]}
                onChange={setKind}
              />
              <Choice
                label={words.add.every}
                value={every}
                choices={Object.entries(words.add.everys)}
                onChange={setEvery}
              />
            </div>
            <div className="row">
              <Button type="submit" kind="main" busy={busy} disabled={what === "one" && of.trim() === ""}>
                {words.add.add}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  );
}

export const page = createLazyRoute("/settings/checks")({ component: Schedules });
