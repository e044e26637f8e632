import type { WalletJson } from "@cairn/client";
import type { Address, Money } from "@cairn/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { client } from "../../api/client.ts";
import { exactCoins } from "../../format/exact-coins.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Act, Button, Card, Choice, Confirm, Facts, Field, Form, State, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { type Move, makeMove, quoteMove } from "../../wallets/move.ts";
import { holderOf } from "../../wallets/wallet-key.ts";
import { wallet as all } from "../../words/wallets.ts";
import { useBalance } from "./balances.ts";
import { checkMove, type MoveFault, type TypedMove } from "./check-move.ts";

const words = all.move;
const KINDS = ["deposit", "withdraw", "send"] as const;

/** Deposit, withdraw and send: the amount is read to the last digit, the fee is asked for, and nothing is signed before it was confirmed. */
export function MoveCoins({ wallet }: { wallet: WalletJson }) {
  const holder = holderOf(wallet, useKeysState());
  return (
    <Card title={words.title}>
      {holder === "here" ? (
        <MoveForm wallet={wallet} />
      ) : holder === "none" ? (
        <State mood="off" next={<Link to="/welcome">{words.setUp}</Link>}>
          {words.none}
        </State>
      ) : (
        <State mood="off">{words[holder]}</State>
      )}
    </Card>
  );
}

function MoveForm({ wallet }: { wallet: WalletJson }) {
  const address = wallet.address as Address;
  const { data: has } = useBalance(address);
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const empty: TypedMove = { kind: "deposit", amount: "", to: "", wallet: address };
  const [typed, setTyped] = useState(empty);
  const [fault, setFault] = useState<MoveFault>();
  const [asked, setAsked] = useState<{ move: Move; fee: Money }>();
  const change = (some: Partial<TypedMove>) => {
    setTyped({ ...typed, ...some });
    setFault(undefined);
  };
  const balances = has && { address, coins: BigInt(has.coins), deposit: BigInt(has.balance) };
  const review = async () => {
    if (balances === undefined) return;
    const move = checkMove(typed, balances);
    if ("field" in move) return setFault(move);
    const fee = await quoteMove(address, move);
    const needed = fee + (move.kind === "withdraw" ? 0n : move.amount);
    if (needed > balances.coins) return setFault({ field: "amount", why: "more", most: balances.coins - fee });
    setAsked({ move, fee });
  };
  const everything = async () => {
    if (balances === undefined) return;
    if (typed.kind === "withdraw") return change({ amount: exactCoins(balances.deposit) });
    // Of one wei: what is moved does not change the fee.
    const probe: Move = { kind: "deposit", amount: 1n, wallet: typed.wallet };
    const fee = await quoteMove(address, typed.kind === "send" ? { kind: "send", amount: 1n, to: address } : probe);
    change({ amount: exactCoins(balances.coins > fee ? balances.coins - fee : 0n) });
  };
  return (
    <>
      <Form onSubmit={review}>
        {({ busy }) => (
          <>
            <div className="filters move-fields">
              <Choice
                label={words.what}
                value={typed.kind}
                choices={KINDS.map((kind) => [kind, words.kinds[kind]] as const)}
                onChange={(kind) => change({ kind })}
              />
              <Field
                label={words.amount}
                hint={has && words.has(exactCoins(typed.kind === "withdraw" ? has.balance : has.coins))}
                inputMode="decimal"
                autoComplete="off"
                value={typed.amount}
                fault={fault?.field === "amount" ? amountWords(fault) : undefined}
                onChange={(event) => change({ amount: event.target.value })}
              />
              {typed.kind === "deposit" && (wallets.data?.length ?? 0) > 1 ? (
                <Choice
                  label={words.forWhom}
                  value={typed.wallet}
                  choices={(wallets.data ?? []).map((one) => [one.address as Address, one.name] as const)}
                  onChange={(chosen) => change({ wallet: chosen })}
                />
              ) : null}
              {typed.kind === "send" ? (
                <Field
                  label={words.to}
                  hint={words.toHint}
                  autoComplete="off"
                  spellCheck={false}
                  value={typed.to}
                  fault={fault?.field === "to" ? words.addressFaults[fault.why] : undefined}
                  onChange={(event) => change({ to: event.target.value })}
                />
              ) : null}
            </div>
            <div className="row">
              <Button type="submit" kind="main" busy={busy} disabled={has === undefined}>
                {words.review}
              </Button>
              <Act act={everything}>{words.all}</Act>
            </div>
          </>
        )}
      </Form>
      <Ask wallet={wallet} asked={asked} onClose={() => setAsked(undefined)} onDone={() => setTyped(empty)} />
    </>
  );
}

function amountWords(fault: MoveFault & { field: "amount" }): string {
  if (fault.why !== "more") return words.amountFaults[fault.why];
  return fault.most > 0n ? words.more(exactCoins(fault.most)) : words.nothing;
}

interface AskProps {
  wallet: WalletJson;
  asked: { move: Move; fee: Money } | undefined;
  onClose: () => void;
  onDone: () => void;
}

/** What exactly, to whom, for how much; then it is signed and sent, and a block waited for. */
function Ask({ wallet, asked, onClose, onDone }: AskProps) {
  const stop = useRef(new AbortController());
  const [sending, setSending] = useState(false);
  const confirm = async () => {
    if (asked === undefined) return;
    stop.current = new AbortController();
    setSending(true);
    try {
      const { block } = await makeMove(wallet, asked.move, { why: words.why, signal: stop.current.signal });
      toast(words.done(block));
      onDone();
    } finally {
      setSending(false);
      invalidate(["account", "transfers", "history", "statement"]);
    }
  };
  const close = () => {
    stop.current.abort();
    onClose();
  };
  return (
    <Confirm
      title={asked === undefined ? words.title : words.kinds[asked.move.kind]}
      open={asked !== undefined}
      onClose={close}
      act={asked === undefined ? words.review : words.acts[asked.move.kind]}
      onConfirm={confirm}
    >
      {asked === undefined ? null : (
        <div className="stack">
          <Facts
            of={[
              [words.amount, <b key="a">{words.coins(exactCoins(asked.move.amount))}</b>],
              [words.from, <code key="f">{wallet.address}</code>],
              [words.to, targetOf(asked.move, wallet)],
              [words.fee, words.coins(exactCoins(asked.fee))],
            ]}
          />
          <p className="soft">{words.undo[asked.move.kind]}</p>
          {sending ? <p role="status">{words.sending}</p> : null}
        </div>
      )}
    </Confirm>
  );
}

function targetOf(move: Move, wallet: WalletJson) {
  if (move.kind === "withdraw") return <code key="t">{wallet.address}</code>;
  if (move.kind === "send") return <code key="t">{move.to}</code>;
  return move.wallet === wallet.address ? words.ownDeposit : <code key="t">{move.wallet}</code>;
}
