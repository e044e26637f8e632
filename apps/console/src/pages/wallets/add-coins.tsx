import type { NetworkJson, WalletJson } from "@cairn/client";
import type { Address } from "@cairn/protocol";
import { address0xToF410 } from "@cairn/protocol/filecoin-address";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { client } from "../../api/client.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Asked, Button, Card, Facts, Problem, State, Waiting } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { wallets as places, wallet as words } from "../../words/wallets.ts";
import { faucetCame } from "./faucet-came.ts";
import { Copied } from "./parts.tsx";

const Qr = lazy(() => import("./qr.tsx").then((found) => ({ default: found.Qr })));

/** Unless the account's settings say otherwise: as the API describes `confirmations`. */
const CONFIRMATIONS = 5;
/** https://chainlist.org */
const PUBLIC: Readonly<Record<number, string>> = {
  314: "Filecoin",
  314159: "Filecoin Calibration (a test network)",
};

/** Where to send coins, on which network, and what to know before. */
export function AddCoins({ wallet }: { wallet: WalletJson }) {
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  return (
    <Card title={words.add.title}>
      {wallet.kind === "custodial" ? (
        <State mood="warn">{words.add.custodial}</State>
      ) : (
        <Asked query={network}>{(found) => <Deposit wallet={wallet} network={found} />}</Asked>
      )}
    </Card>
  );
}

function Deposit({ wallet, network }: { wallet: WalletJson; network: NetworkJson }) {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  const { chainId } = network.deployment;
  const address = wallet.address as Address;
  // The two texts are one address, whatever the gateway says.
  const filecoin = address0xToF410(address, wallet.filecoin.startsWith("t") ? "t" : "f");
  const keys = useKeysState();
  const isHeld = keys.at === "held" && keys.held.address === address.toLowerCase();
  const name = PUBLIC[chainId] ?? words.add.private(network.profile);
  return (
    <div className="stack">
      <p>{words.add.lead}</p>
      {isHeld || wallet.kind === "vault" ? null : <State mood="warn">{words.add.notHeld}</State>}
      <div className="add-coins">
        <Suspense fallback={<Waiting />}>
          <Qr text={address} label={words.add.qr(address)} />
        </Suspense>
        <Facts
          of={[
            [words.add.address, <Copied key="a" text={address} label={words.add.address} />],
            [words.add.filecoin, <Copied key="f" text={filecoin} label={words.add.filecoin} />],
            [words.add.network, words.add.chain(name, chainId)],
            [words.add.least, words.add.leastBody],
            [
              words.add.confirmed,
              settings.data === undefined ? "…" : words.add.blocks(settings.data.confirmations ?? CONFIRMATIONS),
            ],
          ]}
        />
      </div>
      <State mood="warn" next={network.faucet ? words.add.testNet : undefined}>
        {words.add.test}
      </State>
      <p>{words.add.next}</p>
      {network.faucet && wallet.isDefault ? <Faucet address={address} /> : null}
    </div>
  );
}

function Faucet({ address }: { address: string }) {
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState<ReturnType<typeof faucetCame>>();
  const [fault, setFault] = useState<unknown>();
  const fill = async () => {
    setBusy(true);
    setCame(undefined);
    setFault(undefined);
    try {
      const before = await client.account(address);
      setCame(faucetCame(before, await client.faucet({ coins: true })));
      invalidate(["account", "transfers", "history", "statement"]);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="stack">
      <div className="row">
        <Button busy={busy} onClick={() => void fill()}>
          {places.faucet.action}
        </Button>
        <span className="soft">{places.faucet.hint}</span>
      </div>
      {came === undefined ? null : <State mood={came.isNothing ? "off" : "good"}>{came.text}</State>}
      {fault === undefined ? null : <Problem error={fault} />}
    </div>
  );
}
