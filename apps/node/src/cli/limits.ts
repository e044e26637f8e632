import type { LimitsJson, UsedLimitsJson } from "@cairn/client";
import type { CairnClient } from "@cairn/client/client";
import { CairnError } from "@cairn/protocol/errors";
import { formatBytes } from "./format.ts";
import { table } from "./output.ts";
import { parseSize } from "./parse-size.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface LimitsOptions extends CommonOptions {
  /** Whose account; the home's own if left out. */
  user?: string;
  account?: string;
  /** Sizes, or `none`. */
  spool?: string;
  egress?: string;
  /** Numbers, or `none`. */
  packages?: string;
  commits?: string;
}

const KINDS = [
  ["spoolBytes", "spool", "uploads not stored yet"],
  ["packages", "packages", "packages"],
  ["egressPerDay", "egress", "read today (UTC)"],
  ["commitsPerHour", "commits", "agreed in this hour"],
] as const;

/** Show what an account may use, and what it does; operators also set it. */
export async function limits(options: LimitsOptions): Promise<void> {
  const changes = changesOf(options);
  const { client, output } = await openSession(options);
  const changed = Object.keys(changes).length > 0;
  const account = await accountOf(client, options, changed);
  const before = await (account === undefined ? client.limits.own() : client.limits.of(account));
  const now =
    changed && account !== undefined ? await client.limits.set(account, { ...before.limits, ...changes }) : before;
  output.result({ account: account ?? (await client.whoAmI()).account, ...now });
  output.say(
    table(
      ["LIMIT", "USED", "OF", ""],
      KINDS.map((kind) => rowOf(kind, now)),
    ),
  );
}

function rowOf([key, option, means]: (typeof KINDS)[number], { limits, used }: UsedLimitsJson): string[] {
  const shown = key === "spoolBytes" || key === "egressPerDay" ? formatBytes : String;
  const most = limits[key];
  const counted = most !== null || key === "spoolBytes" || key === "packages";
  return [option, counted ? shown(used[key]) : "not counted", most === null ? "no limit" : shown(most), means];
}

/** Undefined: the home's own, which anybody may see. */
async function accountOf(
  client: Pick<CairnClient, "users" | "whoAmI">,
  { user, account }: LimitsOptions,
  changed: boolean,
): Promise<string | undefined> {
  if (user !== undefined && account !== undefined) {
    throw new CairnError("--user cannot be used with --account", {
      code: "bad-options",
      kind: "input",
      next: "Leave one of them out.",
    });
  }
  if (account !== undefined) return account;
  if (user === undefined) return changed ? (await client.whoAmI()).account : undefined;
  const found = (await client.users()).find(({ name }) => name.toLowerCase() === user.toLowerCase());
  if (found !== undefined) return found.account;
  throw new CairnError(`there is no user ${user}`, {
    code: "unknown-user",
    kind: "missing",
    next: "`cairn user list` shows them.",
  });
}

function changesOf(options: LimitsOptions): Partial<LimitsJson> {
  const changes: Partial<LimitsJson> = {};
  for (const [key, option] of KINDS) {
    const text = options[option];
    if (text !== undefined) changes[key] = text === "none" ? null : numberOf(option, text);
  }
  return changes;
}

function numberOf(option: string, text: string): number {
  const value = option === "spool" || option === "egress" ? Number(parseSize(text)) : Number(text);
  if (/^\d/.test(text) && Number.isSafeInteger(value)) return value;
  throw new CairnError(`--${option} is "${text.slice(0, 40)}"`, {
    code: "bad-value",
    kind: "input",
    next: "Give a whole number, or `none` for no limit.",
  });
}
