import type { WalletJson } from "@cairn/client";
import { Link } from "@tanstack/react-router";
import { coins } from "../../format/coins.ts";
import { Button, Tabs, toast, useNow } from "../../kit/index.ts";
import { wallets as words } from "../../words/wallets.ts";

export const PlaceTabs = () => (
  <Tabs label={words.tabsLabel}>
    <Link to="/wallets" activeOptions={{ exact: true }}>
      {words.tabs.list}
    </Link>
    <Link to="/wallets/statement">{words.tabs.statement}</Link>
  </Tabs>
);

/** Minutes and seconds until a time in UNIX seconds: `14:59`. */
export function timeLeft(until: number, now: number): string {
  const left = Math.max(0, Math.round(until - now));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** Whether and by whom it signs; an open vault counts down. */
export function Signs({ wallet }: { wallet: WalletJson }) {
  const { kind, unlockedUntil, dailyLimit } = wallet;
  if (kind === "client") return <span className="soft">{words.signs.client}</span>;
  if (kind === "custodial") return <>{words.signs.custodial(coins(dailyLimit ?? "0"))}</>;
  if (unlockedUntil === null) return <span className="soft">{words.signs.locked}</span>;
  return <OpenVault until={unlockedUntil} />;
}

function OpenVault({ until }: { until: number }) {
  const now = useNow(1);
  return until <= now ? (
    <span className="soft">{words.signs.locked}</span>
  ) : (
    <span className="badge numbers" data-mood="warn">
      {words.signs.open(timeLeft(until, now))}
    </span>
  );
}

/** A text in full that is copied by a button; it breaks anywhere. */
export function Copied({ text, label }: { text: string; label: string }) {
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => toast(words.copied(label)),
      () => undefined,
    );
  return (
    <span className="copied">
      <code>{text}</code>
      {/* Without a secure context there is no clipboard: the text can be selected. */}
      {globalThis.navigator?.clipboard === undefined ? null : (
        <Button onClick={copy} aria-label={`${words.copy}: ${label}`}>
          {words.copy}
        </Button>
      )}
    </span>
  );
}
