import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { type HeldOwner, openOwner, useKeysState } from "../../keys/keys.ts";
import { readyWallet } from "../../keys/ready-wallet.ts";
import { recordsOf } from "../../keys/records.ts";
import { Asked, Button, Card, Coins, Facts, Problem, State } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { welcome } from "../../words/keys.ts";

const words = welcome.wallet;

/** The wallet that was made with the key is claimed for the account, and funded where the network has a faucet. */
export function WalletStep() {
  const keys = useKeysState();
  return (
    <Card title={words.title}>
      <div className="stack">
        <p>{words.body}</p>
        {keys.at === "held" ? (
          <Claim held={keys.held} />
        ) : (
          <Link className="button" to="/welcome" search={{ step: "key" }}>
            {welcome.back}
          </Link>
        )}
      </div>
    </Card>
  );
}

function Claim({ held }: { held: HeldOwner }) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  const mine = wallets.data?.some(({ address }) => address.toLowerCase() === held.address) ?? false;
  const account = useQuery({
    queryKey: ["account", held.address],
    queryFn: () => client.account(held.address),
    enabled: mine,
  });
  const claim = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      const owner = await openOwner(words.why);
      await readyWallet(client, owner, recordsOf(owner));
      invalidate(["wallets", "account", "statement"]);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Asked query={wallets}>
      {() => (
        <>
          <Facts
            of={[
              [words.address, <code key="a">{held.address}</code>],
              ...(mine && account.data !== undefined
                ? [[words.deposit, <Coins key="d" of={account.data.balance} />] as const]
                : []),
            ]}
          />
          {mine && account.data !== undefined ? (
            BigInt(account.data.balance) > 0n ? (
              <State mood="good">{words.ready}</State>
            ) : (
              <State mood="warn" next={words.emptyNext}>
                {words.empty}
              </State>
            )
          ) : (
            <p className="soft">{words.claiming(network.data?.faucet ?? false)}</p>
          )}
          {fault === undefined ? null : <Problem error={fault} />}
          <div className="row">
            {mine ? (
              <>
                <Link className="button" data-kind="main" to="/welcome" search={{ step: "phrase" }}>
                  {welcome.next}
                </Link>
                {account.data !== undefined && BigInt(account.data.balance) === 0n ? (
                  <Link className="button" to="/wallets">
                    {words.deposits}
                  </Link>
                ) : null}
              </>
            ) : (
              <Button kind="main" busy={busy} onClick={() => void claim()}>
                {words.claim}
              </Button>
            )}
          </div>
        </>
      )}
    </Asked>
  );
}
