import type { ScheduleJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { duration } from "../../format/time.ts";
import { Act, Asked, Button, Card, Choice, Form, State, Time, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { checks } from "../../words/package-tabs.ts";

const words = checks.schedules;
type Every = keyof typeof words.choices;

const everyWords = (seconds: number): string =>
  (words.choices as Record<string, string>)[seconds] ?? words.seconds(duration(seconds));

/** Checks of a package that come by themselves, its own and those of all packages. */
export function Schedules({ id }: { id: string }) {
  const query = useQuery({ queryKey: ["schedules"], queryFn: () => client.schedules.list() });
  const [every, setEvery] = useState<Every>("604800");
  const add = async () => {
    await client.schedules.add({ package: id, kind: "scrub", everySeconds: Number(every) });
    toast(words.added);
    invalidate(["schedules"]);
  };
  return (
    <Card title={words.title}>
      <p className="soft">{words.lead}</p>
      <Asked query={query}>
        {({ schedules }) => {
          const own = schedules.filter((one) => one.package === id || one.package === null);
          return own.length === 0 ? (
            <p className="soft">{words.none}</p>
          ) : (
            <ul className="list">
              {own.map((one) => (
                <Line key={one.id} of={one} />
              ))}
            </ul>
          );
        }}
      </Asked>
      <Form onSubmit={add}>
        {({ busy }) => (
          <div className="row fields">
            <Choice
              label={words.every}
              value={every}
              choices={Object.entries(words.choices) as [Every, string][]}
              onChange={setEvery}
            />
            <Button type="submit" busy={busy}>
              {words.add}
            </Button>
          </div>
        )}
      </Form>
    </Card>
  );
}

function Line({ of }: { of: ScheduleJson }) {
  const remove = async () => {
    await client.schedules.remove(of.id);
    toast(words.removed);
    invalidate(["schedules"]);
  };
  const { lastCheck } = of;
  return (
    <li className="row">
      <State mood={lastCheck === null || lastCheck.state === "running" ? "off" : lastCheck.ok ? "good" : "bad"}>
        {everyWords(of.everySeconds)}
        {of.package === null ? ` (${words.all})` : ""} · {words.next} <Time at={of.nextAt} />
        {of.lastAt === null ? null : (
          <>
            {" "}
            · {words.last} <Time at={of.lastAt} />
          </>
        )}
      </State>
      {of.package === null ? null : (
        <Act className="right" act={remove}>
          {words.remove}
        </Act>
      )}
    </li>
  );
}
