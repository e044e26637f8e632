import { listWallets } from "@cairn/accounts";
import { countFigures, type Figures, findSettings, listCurrencies, listFiatSources } from "@cairn/catalog";
import type { FiatFiguresJson, FigureName, FiguresJson } from "@cairn/client";
import { dayText, inFiat } from "@cairn/core";
import type { Money, Seconds } from "@cairn/protocol";
import { fiatRateOf } from "../fiat/fiat-rate-of.ts";
import type { GatewayContext } from "../gateway-context.ts";

export type FiguresContext = Pick<GatewayContext, "pool" | "chainNow" | "accounts" | "coinsOf">;
/** A chain that is away must not keep the figures that need none of it. */
const CHAIN_MILLISECONDS = 3000;
const FREE = "reads are free on this network";

interface Counted extends Figures {
  at: Seconds;
  /** Undefined while the chain does not answer. */
  coins: Money | undefined;
}

async function countAll(
  { pool, chainNow, coinsOf }: FiguresContext,
  { account, now, range }: { account: string; now: Seconds; range?: { from: Seconds; before: Seconds } },
): Promise<Counted> {
  const wallets = (await listWallets(pool, account)).map(({ address }) => address);
  const [counted, coins] = await Promise.all([
    countFigures(pool, { account, wallets, now: chainNow(), ...(range === undefined ? {} : { range }) }),
    within(CHAIN_MILLISECONDS, coinsOf(wallets)),
  ]);
  return { ...counted, at: now, coins };
}

async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An account's figures as they are now, with what its money is worth. */
export async function figuresOf(
  context: FiguresContext,
  { account, range }: { account: string; range?: { from: Seconds; before: Seconds } },
): Promise<FiguresJson> {
  const now = context.accounts.clock.now();
  const [figures, { fiat, fiatWhy }] = await Promise.all([
    countAll(context, { account, now, ...(range === undefined ? {} : { range }) }),
    rateFor(context, account, now),
  ]);
  const { deals, expiring, coins, deposit, locked, paid } = figures;
  const held = coins === undefined ? undefined : coins + deposit;
  const text = (amount: Money | undefined) => amount?.toString() ?? null;
  return {
    at: now,
    files: figures.files,
    packages: figures.packages,
    uniqueBytes: figures.uniqueBytes.toString(),
    copiesBytes: figures.copiesBytes.toString(),
    deposit: deposit.toString(),
    coins: text(coins),
    held: text(held),
    locked: locked.toString(),
    paidForStorage: paid.toString(),
    paidForRetrieval: "0",
    retrievalWhy: FREE,
    providers: figures.providers,
    deals: {
      inProgress: deals.PROPOSED + deals.ACTIVE,
      proposed: deals.PROPOSED,
      active: deals.ACTIVE,
      completed: deals.COMPLETED,
      failed: deals.FAILED,
      cancelled: deals.CANCELLED,
      expired: deals.EXPIRED,
    },
    expiring: {
      days7: expiring.days7,
      days30: expiring.days30,
      days365: expiring.days365,
      range: range === undefined ? null : { ...range, deals: expiring.range ?? 0 },
    },
    fiat: fiat === undefined ? null : worthOf(fiat, { deposit, coins, held, locked, paid }),
    fiatWhy,
  };
}

type Rate = Pick<FiatFiguresJson, "currency" | "rate" | "day" | "staleSince">;

function worthOf(
  fiat: Rate,
  {
    deposit,
    coins,
    held,
    locked,
    paid,
  }: Record<"deposit" | "locked" | "paid", Money> & Record<"coins" | "held", Money | undefined>,
): FiatFiguresJson {
  const worth = (amount: Money) => inFiat(amount, fiat.rate);
  return {
    ...fiat,
    deposit: worth(deposit),
    coins: coins === undefined ? null : worth(coins),
    held: held === undefined ? null : worth(held),
    locked: worth(locked),
    paidForStorage: worth(paid),
    paidForRetrieval: worth(0n),
  };
}

/** The currency that an account is shown: the one it set, or one that there are prices of. */
export async function currencyOf({ pool }: Pick<FiguresContext, "pool">, account: string): Promise<string | undefined> {
  const { currency } = (await findSettings(pool, account)) as { currency?: string };
  if (currency !== undefined) return currency;
  const known = await listCurrencies(pool);
  return known.includes("usd") ? "usd" : known[0];
}

async function rateFor(
  context: FiguresContext,
  account: string,
  now: Seconds,
): Promise<{ fiat: Rate | undefined; fiatWhy: string | null }> {
  const currency = await currencyOf(context, account);
  const found = currency === undefined ? undefined : await fiatRateOf(context.pool, { currency, now });
  if (currency !== undefined && found !== undefined) {
    const { rate, day, staleSince } = found;
    return { fiat: { currency, rate, day: dayText(day), staleSince }, fiatWhy: null };
  }
  return { fiat: undefined, fiatWhy: await whyNoRate(context.pool, currency) };
}

/** Why there is no price, and what to do. */
export async function whyNoRate(pool: GatewayContext["pool"], currency?: string): Promise<string> {
  const sources = await listFiatSources(pool);
  if (sources.length === 0)
    return "no source of prices is set up: its operator adds one with `cairn fiat source`, or imports a file with `cairn fiat import`";
  const known = await listCurrencies(pool);
  if (known.length === 0) return "no source of prices has answered yet";
  return currency === undefined || known.includes(currency)
    ? "there is no price of today or before"
    : `there are no prices in ${currency}, but in ${known.join(", ")}`;
}

/** An account's figures as their history has them: decimal text, by name. */
export async function figuresToKeep(
  context: FiguresContext,
  { account, now }: { account: string; now: Seconds },
): Promise<Partial<Record<FigureName, string>>> {
  const { deals, expiring, coins, deposit, locked, paid, ...rest } = await countAll(context, { account, now });
  const kept: Partial<Record<FigureName, number | bigint>> = {
    files: rest.files,
    packages: rest.packages,
    uniqueBytes: rest.uniqueBytes,
    copiesBytes: rest.copiesBytes,
    deposit,
    ...(coins === undefined ? {} : { coins, held: coins + deposit }),
    locked,
    paidForStorage: paid,
    paidForRetrieval: 0,
    providers: rest.providers,
    dealsInProgress: deals.PROPOSED + deals.ACTIVE,
    dealsActive: deals.ACTIVE,
    dealsCompleted: deals.COMPLETED,
    dealsFailed: deals.FAILED,
    expiring7: expiring.days7,
    expiring30: expiring.days30,
    expiring365: expiring.days365,
  };
  return Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, String(value)]));
}
