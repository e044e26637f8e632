import { type AccountsContext, createToken, type HouseAccount, houseAccount, revokeToken } from "@cairn/accounts";
import { exportAccountKey, generateAccountKey, importAccountKey } from "@cairn/archive";
import { CairnClient } from "@cairn/client";
import type { Clock, Ledger } from "@cairn/core";
import type { House } from "@cairn/doors";
import { memoryKnownPackages } from "@cairn/owner";

const HOUR = 3600;
/** A token that was used since is made anew this long after it was made: half of its life before it ends. */
const RENEW_SECONDS = HOUR / 2;
const LOOK_MILLISECONDS = 60_000;

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
  log: { warn(details: object, message: string): void };
}

export interface HouseOwners {
  /** @throws CairnError `bad-account` */
  open(account: string): Promise<House>;
  stop(): void;
}

interface Kept {
  house: Promise<House>;
  token: { secret: string; id: string; madeAt: number } | undefined;
  usedAt: number;
}

/**
 * Owners whose keys this gateway keeps. Their calls go through the same port, checks and limits as everybody's, under tokens that last an hour, that this
 * process alone knows, and that are made anew for as long as they are used.
 */
export function houseOwners(options: HouseOptions): HouseOwners {
  const { accounts, clock, log } = options;
  const kept = new Map<string, Kept>();
  const renew = async () => {
    for (const [account, one] of kept) {
      const { token } = one;
      if (token === undefined || clock.now() - token.madeAt < RENEW_SECONDS) continue;
      // Nobody works with it: the next one who does has it opened anew.
      if (clock.now() - one.usedAt >= RENEW_SECONDS) kept.delete(account);
      else one.token = await makeToken(accounts, account);
    }
  };
  const timer = setInterval(() => {
    renew().catch((error: Error) => log.warn({ error: error.message }, "a token of a house account was not renewed"));
  }, LOOK_MILLISECONDS);
  timer.unref();
  return {
    open(account) {
      const known = kept.get(account);
      if (known !== undefined && clock.now() - (known.token?.madeAt ?? clock.now()) < HOUR - RENEW_SECONDS / 2)
        return known.house;
      const one: Kept = { token: undefined, usedAt: clock.now(), house: undefined as never };
      one.house = open(options, account, one);
      kept.set(account, one);
      one.house.catch(() => {
        if (kept.get(account) === one) kept.delete(account);
      });
      return one.house;
    },
    stop: () => clearInterval(timer),
  };
}

const SCOPES = ["read", "write"] as const;

async function makeToken(accounts: AccountsContext, account: string): Promise<NonNullable<Kept["token"]>> {
  const madeAt = accounts.clock.now();
  const { secret, token } = await createToken(
    accounts,
    { account, scopes: SCOPES, via: "token", id: "" },
    { label: "house", scopes: SCOPES, expiresAt: madeAt + HOUR },
  );
  return { secret, id: token.id, madeAt };
}

async function open(options: HouseOptions, account: string, kept: Kept): Promise<House> {
  const { accounts, secret, clock, dailyLimit } = options;
  const found = await houseAccount(accounts, {
    account,
    secret,
    dailyLimit,
    makeOpenPgpKey: async () => exportAccountKey(await generateAccountKey({ name: account })),
  });
  const token = await makeToken(accounts, account);
  kept.token = token;
  const gateway = new CairnClient({
    url: options.url(),
    token: () => {
      kept.usedAt = clock.now();
      return kept.token!.secret;
    },
  });
  try {
    if (options.hasFaucet && BigInt((await gateway.account()).balance) === 0n) await gateway.faucet();
  } catch (error) {
    // Not one more for each try.
    await revokeToken(accounts, { id: token.id, account }).catch(() => undefined);
    throw error;
  }
  return houseOf(options, found, gateway);
}

function houseOf({ ledger, clock }: HouseOptions, found: HouseAccount, gateway: CairnClient): House {
  const { account, signer, lookupKey, openpgp } = found;
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
