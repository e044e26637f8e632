import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../../api/client.ts";
import { Act, Asked, Card, State, Time } from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { keysSettings as words } from "../../../words/keys-settings.ts";

/** What signs, and where its key is. */
export function WalletsCard() {
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  return (
    <Card title={words.wallets.title}>
      <Asked query={wallets}>
        {(found) =>
          found.length === 0 ? (
            <p>{words.wallets.empty}</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="table-scroll" tabIndex={0} aria-label={words.wallets.title}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.wallets.columns.wallet}</th>
                    <th scope="col">{words.wallets.columns.kind}</th>
                    <th scope="col">{words.wallets.columns.state}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {found.map((one) => (
                    <Wallet key={one.address} {...one} />
                  ))}
                </tbody>
              </table>
            </section>
          )
        }
      </Asked>
    </Card>
  );
}

function Wallet({ address, name, kind, unlockedUntil }: WalletJson) {
  const open = unlockedUntil !== null;
  return (
    <tr>
      <th scope="row">
        <Link to="/wallets/$address" params={{ address }}>
          {name}
        </Link>
      </th>
      <td>{words.wallets.kinds[kind]}</td>
      <td>
        {kind === "client" ? (
          <State mood="off">{words.wallets.yours}</State>
        ) : kind === "custodial" ? (
          <State mood="warn">{words.wallets.always}</State>
        ) : open ? (
          <State mood="warn">
            {words.wallets.open} <Time at={unlockedUntil} />
          </State>
        ) : (
          <State mood="good">{words.wallets.locked}</State>
        )}
      </td>
      <td className="number">
        {kind === "vault" && open ? (
          <Act act={() => client.lockWallet(address).then(() => invalidate(["wallets"]))}>{words.wallets.lock}</Act>
        ) : null}
      </td>
    </tr>
  );
}
