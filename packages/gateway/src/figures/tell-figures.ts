import { listWallets } from "@cairn/accounts";
import { type FiguresChange, followFigures } from "@cairn/catalog";
import type { FiguresJson } from "@cairn/client";
import { asCairnError } from "@cairn/protocol";
import { type FiguresContext, figuresOf } from "./figures-of.ts";

/** Between two messages to an account: what changes meanwhile comes in one. */
const COALESCED_MILLISECONDS = 500;
/** What belongs to one change comes close together. */
const SETTLE_MILLISECONDS = 50;
/** How often coins are looked at, which move without an event of the contracts. */
const COINS_MILLISECONDS = 1500;
const RETRY_MILLISECONDS = 1000;

export interface TellFigures {
  context: FiguresContext;
  /** Accounts that somebody listens for. */
  followed(): ReadonlySet<string>;
  tell(account: string, figures: FiguresJson): void;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
}

/** Tell those who listen of an account's figures whenever they have changed, whichever gateway of the database changed them, until `signal` aborts. */
export async function tellFigures({ context, followed, tell, signal, log }: TellFigures): Promise<void> {
  const { pool } = context;
  let changes: FiguresChange[] = [];
  let wake: () => void = () => undefined;
  const onChange = (change: FiguresChange) => {
    if (followed().size === 0) return;
    changes.push(change);
    wake();
  };
  /** What each account was told last. */
  const told = new Map<string, { text: string; coins: string | null }>();

  async function accountsOf(some: readonly FiguresChange[]): Promise<string[]> {
    const all = followed();
    if (some.includes("all")) return [...all];
    const wallets = some.flatMap((one) => (one !== "all" && "wallet" in one ? [one.wallet] : []));
    const named = some.flatMap((one) => (one !== "all" && "account" in one ? [one.account] : []));
    const { rows } =
      wallets.length === 0
        ? { rows: [] }
        : await pool.query("select distinct account from accounts.wallets where address = any($1)", [
            [...new Set(wallets)],
          ]);
    return [...new Set([...named, ...(rows as { account: string }[]).map(({ account }) => account)])].filter(
      (account) => all.has(account),
    );
  }

  async function tellOf(accounts: readonly string[]): Promise<void> {
    for (const account of accounts) {
      const figures = await figuresOf(context, { account });
      const { at: _, ...compared } = figures;
      const text = JSON.stringify(compared);
      if (told.get(account)?.text === text) continue;
      told.set(account, { text, coins: figures.coins });
      tell(account, figures);
    }
    const all = followed();
    for (const account of told.keys()) if (!all.has(account)) told.delete(account);
  }

  async function lookAtCoins(): Promise<void> {
    for (const account of followed()) {
      const wallets = (await listWallets(pool, account)).map(({ address }) => address);
      // With what was told, not with an earlier look: they may have moved between the two.
      if ((await context.coinsOf(wallets)).toString() !== told.get(account)?.coins) onChange({ account });
    }
  }

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener("abort", end, { once: true });
      function end() {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      }
    });

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        // What changed while nobody listened is seen by comparing.
        await followFigures(pool, { onChange, onOpen: () => onChange("all"), signal });
      } catch {
        await pause(RETRY_MILLISECONDS);
      }
    }
  }

  async function send(): Promise<void> {
    while (!signal.aborted) {
      if (changes.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (signal.aborted) resolve();
        });
      }
      await pause(SETTLE_MILLISECONDS);
      const some = changes;
      changes = [];
      try {
        await tellOf(await accountsOf(some));
        await pause(COALESCED_MILLISECONDS - SETTLE_MILLISECONDS);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ error: asCairnError(error).message }, "figures could not be told");
        for (const one of some) changes.push(one);
        await pause(RETRY_MILLISECONDS);
      }
    }
  }

  async function watchCoins(): Promise<void> {
    while (!signal.aborted) {
      // A chain that does not answer is told of elsewhere.
      if (followed().size > 0) await lookAtCoins().catch(() => undefined);
      await pause(COINS_MILLISECONDS);
    }
  }

  signal.addEventListener("abort", () => wake(), { once: true });
  await Promise.all([follow(), send(), watchCoins()]);
}
