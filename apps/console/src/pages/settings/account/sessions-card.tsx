import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { Asked, Button, Card, Problem, Time, toast } from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { account } from "../../../words/account.ts";
import { browserName } from "./browser-name.ts";

const words = account.sessions;

export function SessionsCard() {
  const query = useQuery({ queryKey: ["sessions"], queryFn: () => client.sessions() });
  const [fault, setFault] = useState<unknown>();
  const end = async (id: string) => {
    setFault(undefined);
    try {
      await client.endSession(id);
      toast(words.ended);
    } catch (error) {
      setFault(error);
    }
    invalidate(["sessions"]);
  };
  return (
    <Card title={words.title}>
      <div className="stack">
        <p className="soft">{words.lead}</p>
        {fault === undefined ? null : <Problem error={fault} />}
        <Asked query={query}>
          {(sessions) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="table-scroll" tabIndex={0} aria-label={words.title}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.columns.browser}</th>
                    <th scope="col">{words.columns.seen}</th>
                    <th scope="col">{words.columns.since}</th>
                    <th scope="col">{words.columns.ends}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {sessions.map(({ id, current, agent, seenAt, createdAt, expiresAt }) => (
                    <tr key={id}>
                      <th scope="row" title={agent}>
                        {browserName(agent) ?? words.unknown}
                      </th>
                      <td>
                        <Time at={seenAt} />
                      </td>
                      <td>
                        <Time at={createdAt} />
                      </td>
                      <td>
                        <Time at={expiresAt} />
                      </td>
                      <td className="number">
                        {current ? (
                          words.current
                        ) : (
                          <Button
                            aria-label={words.endOf(browserName(agent) ?? words.unknown)}
                            onClick={() => void end(id)}
                          >
                            {words.end}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </Asked>
      </div>
    </Card>
  );
}
