import { type AccountsContext, createToken, houseAccount } from "@cairn/accounts";
import { exportAccountKey, generateAccountKey, importAccountKey } from "@cairn/archive";
import { CairnClient } from "@cairn/client";
import type { Clock, Ledger } from "@cairn/core";
import type { House } from "@cairn/doors";
import { memoryKnownPackages } from "@cairn/owner";

const HOUR = 3600;
/** A token is made anew so long before the old one ends: no call under way outlasts it. */
const RENEW_SECONDS = 1800;
/** House accounts that are kept ready at once; another one takes some milliseconds. */
const MOST_KEPT = 1000;

export interface HouseOptions {
  accounts: AccountsContext;
  /** What the keys of house accounts open with. */
  secret: string;
  /** Where this gateway listens. */
  url(): string;
  ledger: Ledger;
  clock: Clock;
  /** Wei that one account may sign for in a day. */
  dailyLimit: bigint;
  hasFaucet: boolean;
}

/**
 * Owners whose keys this gateway keeps. Their calls go through the same port, checks and limits as everybody's, under a token that lasts an hour and that
 * this process alone knows.
 */
export function houseOwners(options: HouseOptions): (account: string) => Promise<House> {
  const ready = new Map<string, { house: Promise<House>; until: number }>();
  return async (account) => {
    const known = ready.get(account);
    if (known !== undefined && options.clock.now() < known.until) return known.house;
    const house = open(options, account);
    ready.set(account, { house, until: options.clock.now() + HOUR - RENEW_SECONDS });
    if (ready.size > MOST_KEPT) ready.delete(ready.keys().next().value!);
    house.catch(() => ready.delete(account));
    return house;
  };
}

async function open(options: HouseOptions, account: string): Promise<House> {
  const { accounts, secret, ledger, clock, dailyLimit, hasFaucet } = options;
  const { signer, lookupKey, openpgp } = await houseAccount(accounts, {
    account,
    secret,
    dailyLimit,
    makeOpenPgpKey: async () => exportAccountKey(await generateAccountKey({ name: account })),
  });
  const scopes = ["read", "write"] as const;
  const { secret: token } = await createToken(
    accounts,
    { account, scopes, via: "token", id: "" },
    { label: "house", scopes, expiresAt: accounts.clock.now() + HOUR },
  );
  const gateway = new CairnClient({ url: options.url(), token });
  if (hasFaucet && BigInt((await gateway.account()).balance) === 0n) await gateway.faucet();
  return {
    account,
    gateway,
    owner: { signer, lookupKey, openKey: () => importAccountKey(openpgp) },
    network: () => gateway.network(),
    // Its own gateway's chain: there is nobody between.
    readChain: (_deployment, use) => use(ledger),
    known: memoryKnownPackages(),
    clock,
  };
}
