import type { Home } from "../home/home.ts";
import type { Remote } from "../home/remote.ts";
import { counted, formatCoins, formatDuration } from "./format.ts";
import { type CommonOptions, openSession } from "./session.ts";

/** What a user sees of a gateway elsewhere: its own account, and the network's figures. */
export async function remoteStatus(home: Home, { url, chainUrl }: Remote, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const [who, status, packages, account] = await Promise.all([
    client.whoAmI(),
    client.status(),
    client.packages(),
    client.account(),
  ]);
  const states: Record<string, number> = {};
  for (const { state } of packages) states[state] = (states[state] ?? 0) + 1;
  const { block, blockTime, providers, providersConnected, profile } = status;
  const age = Math.max(0, Math.floor(Date.now() / 1000) - blockTime);
  output.result({
    ...{ home: home.directory, url, profile, user: who.user?.name ?? null, scopes: who.scopes },
    account: { id: who.account, ...account },
    chain: { url: chainUrl ?? null, head: block, ageSeconds: age },
    packages: states,
    providers: { known: providers, connected: providersConnected },
  });
  output.say(
    `gateway    ${url}, profile ${profile}, logged in${who.user === null ? "" : ` as ${who.user.name}`} for ${who.scopes.join(", ")}`,
    `home       ${home.directory}`,
    `chain      block ${block}, ${formatDuration(age)} old, by the gateway's word${chainUrl === undefined ? "" : `; ${chainUrl} is asked before anything is signed`}`,
    `providers  ${providersConnected} of ${providers} connected`,
    `packages   ${
      packages.length === 0
        ? "none yet"
        : `${counted(packages.length, "package")}: ${Object.entries(states)
            .map(([state, count]) => `${count} ${state}`)
            .join(", ")}`
    }`,
    `deposit    ${formatCoins(BigInt(account.balance))}${account.owner === null ? " (no wallet yet)" : ""}`,
  );
}
