import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { client } from "../../api/client.ts";
import { Button, Problem, State, Tabs } from "../../kit/index.ts";
import { network as words } from "../../words/network.ts";
import { type Found, find } from "./find.ts";
import { isCairnError } from "./is-cairn-error.ts";

/** Parts of the network, and a field that finds a block, transaction, provider, contract or deal. */
export function NetworkTabs() {
  return (
    <div className="network-top">
      <Tabs label={words.tabs.label}>
        <Link to="/network" activeOptions={{ exact: true, includeSearch: false }}>
          {words.tabs.providers}
        </Link>
        <Link to="/network/blocks" activeOptions={{ includeSearch: false }}>
          {words.tabs.blocks}
        </Link>
        <Link to="/network/contracts">{words.tabs.contracts}</Link>
      </Tabs>
      <Finder />
    </div>
  );
}

function Finder() {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ said: string } | { error: unknown }>();

  const go = async (found: Found) => {
    if (found === undefined) return setFailure({ said: words.find.bad });
    if (found.to === "nowhere") return setFailure({ said: words.find.wallet(found.address) });
    setTyped("");
    if (found.to === "block") await navigate({ to: "/network/blocks/$number", params: { number: found.number } });
    else if (found.to === "transaction")
      await navigate({ to: "/network/transactions/$hash", params: { hash: found.hash } });
    else if (found.to === "provider")
      await navigate({ to: "/network/$provider", params: { provider: found.provider } });
    else if (found.to === "contracts") await navigate({ to: "/network/contracts" });
    else await navigate({ to: "/deals", search: { search: found.search } as never });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await go(await find(typed, KNOWN));
    } catch (error) {
      setFailure({ error });
    } finally {
      setBusy(false);
    }
  };
  return (
    <search className="finder" aria-label={words.find.label}>
      <form className="row" onSubmit={(event) => void submit(event)}>
        <input
          className="input"
          aria-label={words.find.label}
          placeholder={words.find.hint}
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit" busy={busy} disabled={typed.trim() === ""}>
          {words.find.go}
        </Button>
      </form>
      <div role="status">
        {failure === undefined ? null : "said" in failure ? (
          <State mood="warn">{failure.said}</State>
        ) : (
          <Problem error={failure.error} />
        )}
      </div>
    </search>
  );
}

const KNOWN: Parameters<typeof find>[1] = {
  hash: (hash) =>
    client.chain.find(hash).catch((error: unknown) => {
      if (isCairnError(error, "unknown-hash")) return undefined;
      throw error;
    }),
  isProvider: async (address) => (await client.providers()).some(({ provider }) => provider === address),
  isContract: async (address) => (await client.chain.contracts()).some((one) => one.address === address),
  isDeal: async (id) => (await client.dealsPage({ search: id, limit: 1 })).deals.length > 0,
};
