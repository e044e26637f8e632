import { readFile } from "node:fs/promises";
import { CairnClient, type NetworkJson } from "@cairn/client";
import { type Address, CairnError, type Deployment } from "@cairn/core";
import { type Account, ensureAccount, loadAccount } from "../account/account.ts";
import { type Home, homeAt } from "../home/home.ts";
import { findRunning, type RunFile } from "../home/run-file.ts";
import { nodeTransfer } from "./node-transfer.ts";
import { createOutput, type Output } from "./output.ts";
import { waitForNetwork } from "./wait-for-network.ts";

/** Options that every command takes. */
export interface CommonOptions {
  home?: string;
  json?: boolean;
}

/** A command's way to the running network of its home. */
export interface Session {
  home: Home;
  run: RunFile;
  client: CairnClient;
  output: Output;
}

/** Throws `not-running` or `home-unreadable`. */
export async function openSession(options: CommonOptions): Promise<Session> {
  const home = homeAt(options.home);
  const run = await findRunning(home);
  let token: string;
  try {
    token = (await readFile(home.tokenFile, "utf8")).trim();
  } catch (cause) {
    throw new CairnError(`cannot read the API token in ${home.tokenFile}`, {
      code: "home-unreadable",
      kind: "auth",
      cause,
      next: "Run as the user who started the network.",
    });
  }
  const output = createOutput(options.json ?? false);
  const client = new CairnClient({
    url: run.url,
    token,
    transfer: nodeTransfer,
    whenAway: waitForNetwork(run, output),
  });
  return { home, run, client, output };
}

/** The home's account; throws `no-account` when there is none. */
export async function requireAccount(home: Home): Promise<Account> {
  const account = await loadAccount(home);
  if (account !== undefined) return account;
  throw new CairnError(`the home ${home.directory} has no account yet`, {
    code: "no-account",
    kind: "missing",
    next: "Store something with `cairn put`, or bring an account with `cairn key import FILE`.",
  });
}

/** The home's account, made and made known to the gateway at first use, with coins from the faucet where there is one. */
export async function readyAccount(session: Session, network: NetworkJson): Promise<Account> {
  const { account, created } = await ensureAccount(session.home);
  if (created) {
    session.output.say(`Made a new account in ${session.home.account}. Keep a copy of its keys: cairn key export FILE`);
  }
  const known = await session.client.account();
  if (known.owner?.toLowerCase() !== account.wallet.address) await session.client.claimAccount(account.wallet.address);
  if (network.faucet && BigInt(known.balance) === 0n) await session.client.faucet();
  return account;
}

/** The contracts' constants as the engine's types have them. */
export function deploymentOf(network: NetworkJson): Deployment {
  const { deals, registry, ledger, ...rest } = network.deployment;
  return { ...rest, deals: deals as Address, registry: registry as Address, ledger: ledger as Address };
}
