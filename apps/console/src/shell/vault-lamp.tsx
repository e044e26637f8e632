import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../api/client.ts";
import { countdown } from "../keys/key-lamp.tsx";
import { useNow } from "../kit/index.ts";
import { shell } from "../words/shell.ts";

/** Of the open vault that locks last: UNIX seconds; undefined where every vault is locked. */
export function useOpenVault(): number | undefined {
  const { data } = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const now = useNow();
  const open = (data ?? []).flatMap(({ unlockedUntil }) =>
    unlockedUntil !== null && unlockedUntil > now ? [unlockedUntil] : [],
  );
  return open.toSorted((a, b) => a - b).at(-1);
}

/** On every page: that the gateway signs for a vault, and for how long. */
export function VaultLamp() {
  const until = useOpenVault();
  return until === undefined ? null : <Open until={until} />;
}

function Open({ until }: { until: number }) {
  const now = useNow(1);
  return until <= now ? null : (
    <Link to="/wallets" className="key-lamp numbers" data-state="open" title={shell.vaultHint}>
      {shell.vault(countdown(until * 1000, now))}
    </Link>
  );
}
