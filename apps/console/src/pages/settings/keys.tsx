import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { lockMinutes, useKeysState } from "../../keys/keys.ts";
import { Asked, Button, Card, Facts, State, Time, Waiting } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { keysSettings as words } from "../../words/keys-settings.ts";
import { Frame } from "./frame.tsx";

/** What opens and signs, and where it is. */
function Keys() {
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  return (
    <Frame title={words.title} lead={words.lead}>
      <ThisBrowser />
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
      <Card title={words.phrase.title}>
        <p>{words.phrase.body}</p>
        <State mood="off" next={words.phrase.next}>
          {words.phrase.state}
        </State>
      </Card>
    </Frame>
  );
}

/** In short: what is done with it stands on its own page. */
function ThisBrowser() {
  const state = useKeysState();
  const it = words.browser;
  return (
    <Card
      title={it.title}
      actions={
        state.at === "opening" ? null : (
          <Link className="button" to={state.at === "none" ? "/welcome" : "/keys"}>
            {state.at === "none" ? it.make : it.manage}
          </Link>
        )
      }
    >
      {state.at === "opening" ? (
        <Waiting />
      ) : state.at === "none" ? (
        <State mood="off" next={it.noneNext}>
          {it.none}
        </State>
      ) : (
        <div className="stack tight">
          <State mood={state.openUntil === null ? "good" : "warn"}>
            {state.openUntil === null ? (
              it.locked
            ) : (
              <>
                {it.open} <Time at={state.openUntil / 1000} />
              </>
            )}
          </State>
          <Facts
            of={[
              [it.owner, state.held.userId],
              [it.fingerprint, <code key="fingerprint">{state.held.fingerprint.replace(/(.{4})(?=.)/g, "$1 ")}</code>],
              [it.locks, it.minutes(lockMinutes())],
              [it.copy, state.held.savedAt === null ? it.noCopy : <Time key="saved" at={state.held.savedAt / 1000} />],
            ]}
          />
        </div>
      )}
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
          <Button onClick={() => void client.lockWallet(address).then(() => invalidate(["wallets"]))}>
            {words.wallets.lock}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}

export const page = createLazyRoute("/settings/keys")({ component: Keys });
