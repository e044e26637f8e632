import type { EntryJson, StatementTotalsJson } from "@cairn/client";
import type { StatementQuery } from "@cairn/client/client";
import { findPackage } from "@cairn/owner/find-package";
import { CairnError } from "@cairn/protocol/errors";
import { exactCoins, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface StatementOptions extends CommonOptions {
  package?: string;
  kind?: string[];
  since?: number;
  until?: number;
  /** What moved the coins at the wallets' addresses instead. */
  coins?: boolean;
  /** How many lines at most; all with --json unless given. */
  last?: number;
}

const SHOWN = 50;

/** What moved the money that the contract holds for the account, and what it comes to. */
export async function statement(options: StatementOptions): Promise<void> {
  const { package: name, kind, since, until, last } = options;
  requireTime(since, until);
  if (options.coins === true) return (await import("./coin-statement.ts")).coinStatement(options);
  const session = await openSession(options);
  const { client, output } = session;
  const query: StatementQuery = {
    ...(kind === undefined ? {} : { kinds: kind.join(",") }),
    ...(since === undefined ? {} : { from: since }),
    ...(until === undefined ? {} : { before: until }),
    ...(name === undefined
      ? {}
      : { package: (await findPackage(ownerPorts(session, await requireOwner(session.home)), name)).id }),
  };
  const most = last ?? (output.json ? undefined : SHOWN);
  const { entries, next } =
    most === undefined
      ? { entries: await client.statement(query), next: null }
      : await client.statementPage({ ...query, limit: Math.min(most, 1000) });
  const totals = await client.statementTotals();
  output.result({ entries, totals });
  output.say(
    table(["when", "what", "deposit", "escrow", "reserve", "deposit after", "with", "deal"], entries.map(cells)),
  );
  if (next !== null) output.say("… and older lines: --last N shows more of them, --json all");
  output.say("", ...totals.map(totalWords));
}

/** @throws CairnError `bad-options` where no moment is between the two */
export function requireTime(since = 0, until = Number.POSITIVE_INFINITY): void {
  if (since < until) return;
  throw new CairnError("--since is not before --until: no time lies between them", {
    code: "bad-options",
    kind: "input",
    next: "Give the earlier day to --since; the day of --until is itself left out.",
  });
}

const SAID = new Map(
  Object.entries<string>({
    deposit: "deposited",
    withdraw: "withdrawn",
    reserve: "reserved for repairs",
    escrow: "set aside for a deal",
    pay: "paid to a provider",
    earned: "earned as a provider",
    refund: "came back from a deal",
    release: "came back from a reserve",
  }),
);

function cells(entry: EntryJson): string[] {
  const signed = (text: string) => {
    const amount = BigInt(text);
    return amount === 0n ? "" : `${amount > 0n ? "+" : "−"}${exactCoins(amount > 0n ? amount : -amount)}`;
  };
  return [
    minuteWords(entry.at),
    SAID.get(entry.kind) ?? entry.kind,
    signed(entry.deposit),
    signed(entry.escrow),
    signed(entry.reserve),
    exactCoins(BigInt(entry.balance)),
    entry.counterparty?.slice(0, 10) ?? "",
    entry.deal?.slice(0, 10) ?? "",
  ];
}

function totalWords({ wallet, deposit, escrow, reserve, kinds }: StatementTotalsJson[number]): string {
  const coins = (text: string | undefined) => exactCoins(BigInt(text ?? 0));
  return `${wallet}: ${coins(deposit)} deposited and free, ${coins(escrow)} in escrow, ${coins(reserve)} in reserve; ${coins(kinds.pay)} paid to providers so far, ${coins(kinds.earned)} earned`;
}
