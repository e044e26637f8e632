import type { WalletJson, WalletKindText } from "@cairn/client";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { parseCoins } from "../../format/parse-coins.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Button, Choice, Dialog, Field, Form, faultOf, State, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { holderOf } from "../../wallets/wallet-key.ts";
import { wallets as places, wallet } from "../../words/wallets.ts";
import { addNewWallet } from "./add-wallet.ts";

const words = places.make;

/** A button, and the dialog in which a wallet is made. */
export function MakeWallet({ wallets }: { wallets: readonly WalletJson[] }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="main" onClick={() => setOpen(true)}>
        {words.action}
      </Button>
      <Dialog title={words.title} open={open} onClose={() => setOpen(false)}>
        <MakeForm wallets={wallets} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function MakeForm({ wallets, onClose }: { wallets: readonly WalletJson[]; onClose: () => void }) {
  const keys = useKeysState();
  const navigate = useNavigate();
  const hasKey = keys.at === "held";
  const claimed = wallets.some((one) => one.kind === "client" && holderOf(one, keys) === "here");
  const kinds: WalletKindText[] = [
    ...(hasKey ? (["vault"] as const) : []),
    ...(hasKey && !claimed ? (["client"] as const) : []),
    "custodial",
  ];
  const [kind, setKind] = useState<WalletKindText>(kinds[0] ?? "custodial");
  const [name, setName] = useState("");
  const [limit, setLimit] = useState("");
  const [fault, setFault] = useState<string>();
  const make = async () => {
    setFault(undefined);
    const dailyLimit = parseCoins(limit);
    if (kind === "custodial" && typeof dailyLimit !== "bigint") return setFault(wallet.move.amountFaults[dailyLimit]);
    const asked = kind === "custodial" ? { kind, name, dailyLimit: dailyLimit as bigint } : { kind, name };
    const { address } = await addNewWallet(asked, words.why);
    invalidate(["wallets", "account", "statement"]);
    toast(words.done(name));
    onClose();
    void navigate({ to: "/wallets/$address", params: { address } });
  };
  return (
    <Form onSubmit={make} fields={["name"]}>
      {({ error, busy }) => (
        <>
          <Field
            label={words.name}
            hint={words.nameHint}
            required
            maxLength={64}
            autoComplete="off"
            autoFocus
            value={name}
            fault={faultOf(error, "name")}
            onChange={(event) => setName(event.target.value)}
          />
          <Choice
            label={words.kind}
            value={kind}
            choices={kinds.map((one) => [one, words.kinds[one]] as const)}
            onChange={setKind}
          />
          <p className="soft">{places.kindHints[kind]}</p>
          {hasKey ? null : (
            <State mood="off" next={<Link to="/welcome">{wallet.move.setUp}</Link>}>
              {words.noKey}
            </State>
          )}
          {kind === "custodial" ? (
            <Field
              label={words.limit}
              hint={words.limitHint}
              inputMode="decimal"
              autoComplete="off"
              value={limit}
              fault={fault}
              onChange={(event) => setLimit(event.target.value)}
            />
          ) : null}
          <div className="actions">
            <Button onClick={onClose}>{words.cancel}</Button>
            <Button type="submit" kind="main" busy={busy} disabled={name.trim() === ""}>
              {words.submit}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}
