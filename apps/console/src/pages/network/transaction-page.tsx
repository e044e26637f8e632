import type { ChainTransactionJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { number } from "../../format/number.ts";
import { shortId } from "../../format/short-id.ts";
import { Asked, Bytes, Card, Coins, Facts, Page, State, Time } from "../../kit/index.ts";
import { chain } from "../../words/chain.ts";
import { callWords, eventWords } from "./call-words.ts";
import { NetworkTabs } from "./network-tabs.tsx";
import { transactionRoute } from "./route.ts";
import { Who } from "./who.tsx";

const words = chain.transaction;
/** While it is this young, confirmations are counted on. */
const CONFIRMED = 12;
const LIVE_MILLISECONDS = 2_000;

function Transaction() {
  const { hash } = transactionRoute.useParams();
  const query = useQuery({
    queryKey: ["chain", "transaction", hash],
    queryFn: () => client.chain.transaction(hash),
    refetchInterval: ({ state }) =>
      state.data !== undefined && state.data.confirmations < CONFIRMED ? LIVE_MILLISECONDS : false,
  });
  return (
    <Page title={words.title(shortId(hash))}>
      <NetworkTabs />
      <Asked query={query}>{(found) => <Found of={found} />}</Asked>
    </Page>
  );
}

function Found({ of }: { of: ChainTransactionJson }) {
  return (
    <>
      <Card title={callWords(of)}>
        <div className="stack">
          <State mood={of.ok ? "good" : "bad"}>
            {of.ok ? words.ok : words.refused} {words.confirmations(of.confirmations)}.
          </State>
          <Facts
            of={[
              [words.hash, <code key="hash">{of.transaction}</code>],
              [
                words.block,
                <span key="block">
                  <Link to="/network/blocks/$number" params={{ number: String(of.block) }}>
                    {number(of.block)}
                  </Link>
                  , <Time at={of.time} />
                </span>,
              ],
              [words.from, <Who key="from" address={of.from} />],
              [words.to, of.to === null ? "—" : <Who key="to" address={of.to} />],
              ...(of.method === null ? [] : [[words.calls, <code key="method">{of.method}</code>] as const]),
              [
                words.amount,
                <span key="amount">
                  <Coins of={of.amount} /> {words.coins}
                </span>,
              ],
              [
                words.fee,
                <span key="fee">
                  <Coins of={of.fee} /> {words.coins}
                </span>,
              ],
              [words.gas, number(BigInt(of.gasUsed))],
              [words.data, <Bytes key="data" of={of.dataBytes} />],
            ]}
          />
        </div>
      </Card>
      <Card title={words.events}>
        {of.events.length === 0 ? (
          <p className="soft">{words.noEvents}</p>
        ) : (
          <ol className="list">
            {of.events.map((event) => (
              <li key={event.logIndex}>
                <p>{eventWords(event) ?? words.foreign}</p>
                <Arguments of={event.arguments} label={event.name ?? words.details} />
              </li>
            ))}
          </ol>
        )}
      </Card>
      <Card title={words.arguments}>
        {of.arguments.length === 0 ? (
          <p className="soft">{words.noArguments}</p>
        ) : (
          <Arguments of={of.arguments} label={of.method ?? words.details} />
        )}
      </Card>
    </>
  );
}

/** Names, types and values, folded up. */
function Arguments({ of, label }: { of: ChainTransactionJson["arguments"]; label: string }) {
  if (of.length === 0) return null;
  return (
    <details>
      <summary className="soft">
        <code>{label}</code>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={label}>
        <table className="table arguments">
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.type}</th>
              <th scope="col">{words.value}</th>
            </tr>
          </thead>
          <tbody>
            {of.map(({ name, type, value }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="soft">{type}</td>
                <td>
                  <code>{value}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

export const page = createLazyRoute("/network/transactions/$hash")({ component: Transaction });
