import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { queryClient } from "../../api/query-client.ts";
import { Asked, Button, Card, Problem, toast } from "../../kit/index.ts";
import { wallets } from "../../words/wallets.ts";
import { moved } from "./moved.ts";

const words = wallets.order;

/** Which wallet pays: each change is saved at once, unless somebody else changed the settings meanwhile. */
export function PaymentOrder({ wallets }: { wallets: readonly WalletJson[] }) {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const save = async (order: string[]) => {
    const before = settings.data;
    if (before === undefined) return;
    setBusy(true);
    setFault(undefined);
    const { wallets: _, ...rest } = before;
    try {
      const after = await client.changeSettings(order.length === 0 ? rest : { ...rest, wallets: order });
      queryClient.setQueryData(["settings"], after);
      toast(words.saved);
    } catch (error) {
      setFault(error);
      void settings.refetch();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={words.title}>
      <div className="stack">
        <p className="soft">{words.lead}</p>
        <Asked query={settings}>
          {({ wallets: order = [] }) => <Order wallets={wallets} order={order} busy={busy} save={save} />}
        </Asked>
        {fault === undefined ? null : <Problem error={fault} />}
      </div>
    </Card>
  );
}

interface OrderProps {
  wallets: readonly WalletJson[];
  order: readonly string[];
  busy: boolean;
  save: (order: string[]) => Promise<void>;
}

function Order({ wallets, order, busy, save }: OrderProps) {
  const named = (address: string) => wallets.find((one) => one.address === address)?.name ?? address;
  const rest = wallets.filter(({ address }) => !order.includes(address));
  return (
    <>
      {order.length === 0 ? (
        <p>{words.unset}</p>
      ) : (
        <ol className="payment-order">
          {order.map((address, at) => (
            <li key={address}>
              <div className="row">
                <span>{named(address)}</span>
                <span className="row right">
                  <Button
                    aria-label={words.up(named(address))}
                    disabled={busy || at === 0}
                    onClick={() => void save(moved(order, at, at - 1))}
                  >
                    ↑
                  </Button>
                  <Button
                    aria-label={words.down(named(address))}
                    disabled={busy || at === order.length - 1}
                    onClick={() => void save(moved(order, at, at + 1))}
                  >
                    ↓
                  </Button>
                  <Button
                    aria-label={words.out(named(address))}
                    disabled={busy}
                    onClick={() => void save(order.filter((one) => one !== address))}
                  >
                    ×
                  </Button>
                </span>
              </div>
            </li>
          ))}
        </ol>
      )}
      {rest.length === 0 ? null : (
        <div className="row">
          {rest.map(({ address, name }) => (
            <Button key={address} disabled={busy} onClick={() => void save([...order, address])}>
              {words.add(name)}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}
