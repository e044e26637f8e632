import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Asked, Button, Card, Coins, Empty, Facts, Page, Problem, Tabs, Time, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { wallets as places, wallet as words } from "../../words/wallets.ts";
import { AddCoins } from "./add-coins.tsx";
import { Amounts } from "./amounts.tsx";
import { together, useBalance } from "./balances.ts";
import { History } from "./history.tsx";
import { MoveCoins } from "./move-coins.tsx";
import { Signs } from "./parts.tsx";
import { walletRoute } from "./route.ts";
import { Transfers } from "./transfers.tsx";
import { OpenVaultButton } from "./vault.tsx";

function OneWallet() {
  const { address } = walletRoute.useParams();
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  return (
    <Asked query={wallets}>
      {(found) => {
        const wallet = found.find((one) => one.address.toLowerCase() === address.toLowerCase());
        return wallet === undefined ? <Unknown /> : <Known wallet={wallet} />;
      }}
    </Asked>
  );
}

const Unknown = () => (
  <Page title={places.title}>
    <Card>
      <Empty title={words.unknown} action={<Link to="/wallets">{words.unknownNext}</Link>}>
        {places.lead}
      </Empty>
    </Card>
  </Page>
);

function Known({ wallet }: { wallet: WalletJson }) {
  const { address } = wallet;
  const { tab } = walletRoute.useSearch();
  return (
    <Page title={words.title(wallet.name)} lead={places.kindHints[wallet.kind]} actions={<Actions wallet={wallet} />}>
      <Tabs label={places.tabsLabel}>
        <Link to="/wallets" activeOptions={{ exact: true }}>{`← ${places.title}`}</Link>
        <Link to="/wallets/$address" params={{ address }} search={{}} activeOptions={{ exact: true }}>
          {places.tabs.wallet}
        </Link>
        <Link to="/wallets/$address" params={{ address }} search={{ tab: "history" }}>
          {places.tabs.history}
        </Link>
      </Tabs>
      <Balances address={address} />
      {tab === "history" ? (
        <History wallet={wallet} />
      ) : (
        <>
          <Transfers address={address} />
          <AddCoins wallet={wallet} />
          <MoveCoins wallet={wallet} />
          <About wallet={wallet} />
        </>
      )}
    </Page>
  );
}

function Balances({ address }: { address: string }) {
  const { data } = useBalance(address);
  const totals = useQuery({ queryKey: ["statement", "totals"], queryFn: () => client.statementTotals() });
  const own = totals.data?.find(({ wallet }) => wallet === address);
  return (
    <Amounts
      together={data && together(data)}
      deposit={data && BigInt(data.balance)}
      coins={data && BigInt(data.coins)}
      coinsNote={places.figures.ownCoinsNote}
      aside={totals.data && BigInt(own?.escrow ?? 0) + BigInt(own?.reserve ?? 0)}
    />
  );
}

function About({ wallet }: { wallet: WalletJson }) {
  const { kind, createdAt, dailyLimit } = wallet;
  return (
    <Card>
      <Facts
        of={[
          [words.facts.kind, places.kinds[kind]],
          [words.facts.signs, <Signs key="s" wallet={wallet} />],
          ...(dailyLimit === null
            ? []
            : [[places.limits.perDay, <Coins key="l" of={dailyLimit} />] as [string, React.ReactNode]]),
          [words.facts.made, <Time key="m" at={createdAt} />],
        ]}
      />
    </Card>
  );
}

function Actions({ wallet }: { wallet: WalletJson }) {
  const { address, name, isDefault, kind, unlockedUntil } = wallet;
  const keys = useKeysState();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const act = (done: string, what: () => Promise<unknown>) => async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await what();
      toast(done);
      invalidate(["wallets"]);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {isDefault ? (
        <span className="badge">{places.standard}</span>
      ) : (
        <Button busy={busy} onClick={act(places.madeDefault(name), () => client.setDefaultWallet(address))}>
          {places.makeDefault}
        </Button>
      )}
      {kind === "vault" && unlockedUntil !== null ? (
        <Button busy={busy} onClick={act(places.locked(name), () => client.lockWallet(address))}>
          {places.lock}
        </Button>
      ) : null}
      {kind === "vault" && unlockedUntil === null && keys.at === "held" ? <OpenVaultButton wallet={wallet} /> : null}
      {fault === undefined ? null : <Problem error={fault} />}
    </>
  );
}

export const page = createLazyRoute("/wallets/$address")({ component: OneWallet });
