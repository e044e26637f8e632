import type { NetworkJson } from "@cairn/client";
import { CairnClient } from "@cairn/client/client";
import type { KnownNetwork } from "@cairn/owner/account-file";
import { machineClock } from "@cairn/process/machine-clock";
import { CairnError } from "@cairn/protocol/errors";
import type { Account } from "../account/account.ts";
import type { Owner } from "../account/owner.ts";
import { type FoundGateway, findGateway, gatewayToken } from "../home/find-gateway.ts";
import { type Home, homeAt, readJson } from "../home/home.ts";
import { nodeTransfer } from "./node-transfer.ts";
import { createOutput, type Output } from "./output.ts";
import { waitForNetwork } from "./wait-for-network.ts";

/** Options that every command takes. */
export interface CommonOptions {
  home?: string;
  json?: boolean;
  /** Show progress also where standard error is no terminal. */
  progress?: boolean;
}

/** A command's way to the gateway of its home. */
export interface Session {
  home: Home;
  gateway: FoundGateway;
  client: CairnClient;
  /** Bearer token of the home's account at the gateway. */
  token: string;
  output: Output;
}

/** Throws `not-running`, `network-starting` or `home-unreadable`. */
export async function openSession(options: CommonOptions): Promise<Session> {
  const home = homeAt(options.home);
  const gateway = await findGateway(home);
  const token = await gatewayToken(home);
  const output = createOutput(options);
  const client = new CairnClient({
    url: gateway.url,
    token,
    transfer: nodeTransfer,
    whenAway: waitForNetwork(gateway, output),
  });
  return { home, gateway, client, token, output };
}

/** What the gateway says of its network, held against what this home's account knows of it. Throws `network-changed`. */
export async function pinnedNetwork(session: Pick<Session, "client" | "home">, accept = false): Promise<NetworkJson> {
  const network = await session.client.network();
  const [{ pinNetwork }, { pinStore }] = await Promise.all([
    import("@cairn/owner/pin-network"),
    import("../owner/pin-store.ts"),
  ]);
  const known = await readJson<KnownNetwork>(session.home.joinedFile);
  await pinNetwork(pinStore(session.home), network, { known, accept });
  return network;
}

/** The home's account with its OpenPGP key; throws `no-account` when there is none. */
export async function requireAccount(home: Home): Promise<Account> {
  const { openAccount } = await import("../account/account.ts");
  return openAccount(await requireOwner(home));
}

/** The owner of the home's packages; throws `no-account` when there is none. */
export async function requireOwner(home: Home): Promise<Owner> {
  const { loadOwner } = await import("../account/owner.ts");
  const owner = await loadOwner(home);
  if (owner !== undefined) return owner;
  throw new CairnError(`the home ${home.directory} has no account yet`, {
    code: "no-account",
    kind: "missing",
    next: "Bring yours with `cairn key import FILE` (in the console: Settings → Keys, Download the account file), or make one with `cairn key create`; the first `cairn put` does too.",
  });
}

/**
 * The home's account, made and made known to the gateway at first use, with coins from the faucet where there is one.
 * @throws CairnError `account-claimed`
 */
export async function readyAccount(session: Session, network: NetworkJson): Promise<Account> {
  await refuseSecondKey(session);
  const { ensureAccount } = await import("../account/account.ts");
  const { account, created } = await ensureAccount(session.home);
  if (created) {
    session.output.say(
      `Made a new account in ${session.home.account}. Keep a copy of its keys: \`cairn key export FILE\``,
    );
  }
  const { claimAccount } = await import("@cairn/owner/claim-account");
  const ports = { gateway: session.client, owner: account, network: async () => network, clock: machineClock };
  await claimAccount(ports, session.token);
  const { owner, balance } = await session.client.account();
  // The faucet gives to the default wallet.
  const isDefault = owner?.toLowerCase() === account.wallet.address;
  if (network.faucet && isDefault && BigInt(balance) === 0n) await session.client.faucet();
  return account;
}

/** Make no key where the gateway's account has a wallet whose key is elsewhere. @throws CairnError `account-claimed` */
async function refuseSecondKey({ client, home }: Session): Promise<void> {
  const { loadSecrets } = await import("../account/load-secrets.ts");
  if ((await loadSecrets(home)) !== undefined) return;
  const { owner } = await client.account();
  // Another command of this home may have made the account meanwhile.
  if (owner === null || (await loadSecrets(home)) !== undefined) return;
  throw new CairnError(`the account has the wallet ${owner} already, whose key is elsewhere and not in this home`, {
    code: "account-claimed",
    kind: "conflict",
    details: { owner },
    next: "Bring the key here. If the console's guide made it: Settings → Keys, Download the account file, then `cairn key import FILE`. With its 24 words: `cairn recover --phrase`. To add a wallet of this home's own beside it: `cairn key create`, then `cairn wallet add NAME`.",
  });
}
