import type { TransferJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../api/client.ts";
import { coins } from "../../format/coins.ts";
import { Asked, Card, Id, type Mood, State, Time } from "../../kit/index.ts";
import { wallet } from "../../words/wallets.ts";

const words = wallet.transfers;
const MOODS: Record<TransferJson["state"], Mood> = {
  pending: "warn",
  included: "warn",
  confirmed: "good",
  failed: "bad",
  reorganised: "warn",
  dropped: "bad",
};

/** What a transfer is and why, in words. */
function transferWords({ state, block, confirmations, needed }: TransferJson): string {
  if (state === "included") return words.states.included(block, confirmations, needed);
  if (state === "confirmed") return words.states.confirmed(block, needed);
  return words.states[state]();
}

/** Transactions of a wallet until they are confirmed, and for a while after; the live socket has them asked for anew. */
export function Transfers({ address }: { address: string }) {
  const query = useQuery({ queryKey: ["transfers", address], queryFn: () => client.coins.transfers(address) });
  return (
    <Card title={words.title}>
      <Asked query={query}>
        {(found) =>
          found.length === 0 ? (
            <p className="soft">{words.empty}</p>
          ) : (
            <ul className="list" aria-live="polite">
              {found.map((one) => (
                <li key={`${one.transaction} ${one.direction}`}>
                  <Transfer transfer={one} />
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </Card>
  );
}

function Transfer({ transfer }: { transfer: TransferJson }) {
  const { state, direction, from, to, amount, confirmations, needed, transaction, link, changedAt } = transfer;
  const other = direction === "in" ? from : to;
  const what =
    direction === "out" && BigInt(amount) === 0n
      ? words.call
      : direction === "in"
        ? words.in(coins(amount))
        : words.out(coins(amount));
  return (
    <div className="transfer" data-state={state}>
      <div className="row">
        <b>{what}</b>
        {other === null ? null : (
          <span className="soft">
            {direction === "in" ? words.from : words.to} <Id of={other} />
          </span>
        )}
        <span className="soft right">
          <Time at={changedAt} />
        </span>
      </div>
      <State
        mood={MOODS[state]}
        next={state in words.nexts ? words.nexts[state as keyof typeof words.nexts] : undefined}
      >
        {transferWords(transfer)}
      </State>
      {state === "included" || state === "pending" || state === "reorganised" ? (
        <progress aria-label={words.progress} max={needed} value={confirmations} />
      ) : null}
      <p className="soft">
        <Id of={transaction} />{" "}
        {link === null ? null : (
          <a href={link} target="_blank" rel="noreferrer">
            {words.explorer}
          </a>
        )}
      </p>
    </div>
  );
}
