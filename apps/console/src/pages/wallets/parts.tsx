import type { WalletJson } from "@cairn/client";
import { Link } from "@tanstack/react-router";
import { coins } from "../../format/coins.ts";
import { countdown } from "../../keys/key-lamp.tsx";
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
      {words.signs.open(countdown(until * 1000, now))}
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
