import type { SettingsJson } from "@cairn/client";
import { describePlacement, type PlacementJson, placementFromJson } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { counted, formatDuration } from "./format.ts";
import { providersOf, withAddresses } from "./named-providers.ts";
import { parseSize } from "./parse-size.ts";
import { walletNamed } from "./paying-wallet.ts";
import { mergeSettings, type PlacementOptions, requirePossible, settingsOf } from "./placement-options.ts";
import { previewLines } from "./preview-lines.ts";
import { type CommonOptions, openSession, type Session } from "./session.ts";

export interface SettingsOptions extends CommonOptions, PlacementOptions {
  days?: number;
  minDays?: number;
  renew?: "on" | "off";
  /** Say what a put would meet, and change nothing. */
  preview?: boolean;
  /** Of that put. */
  size?: string;
  /** Of what money is worth. */
  currency?: string;
  confirmations?: number;
  explorer?: string;
  /** Addresses or names, in the order of payment. */
  wallets?: string[];
  /** Names of settings to go back to what the network has. */
  unset?: string[];
}

/** The settings' names on the command line, and where each is kept. */
export const NAMES = new Map(
  Object.entries<keyof SettingsJson | keyof NonNullable<SettingsJson["placement"]>>({
    k: "k",
    n: "n",
    for: "days",
    "min-days": "minDays",
    renew: "renew",
    "max-price": "maxPrice",
    country: "countries",
    "country-each": "shardCountries",
    only: "allowed",
    block: "blocked",
    "min-score": "minScore",
    rank: "rank",
    currency: "currency",
    confirmations: "confirmations",
    explorer: "explorer",
    wallets: "wallets",
  }),
);

/** Show what puts go by unless they say otherwise, or change it. */
export async function settings(options: SettingsOptions): Promise<void> {
  const unset = (options.unset ?? []).map((name) => {
    const key = NAMES.get(name);
    if (key !== undefined) return key;
    throw new CairnError(`there is no setting "${name.slice(0, 40)}"`, {
      code: "bad-options",
      kind: "input",
      next: `Name some of these: ${[...NAMES.keys()].join(", ")}.`,
    });
  });
  const session = await openSession(options);
  const { minDays, renew, currency, confirmations, explorer } = options;
  const changes: SettingsJson = {
    ...settingsOf(await withAddresses(providersOf(session), options)),
    ...(minDays === undefined ? {} : { minDays }),
    ...(renew === undefined ? {} : { renew: renew === "on" }),
    ...(currency === undefined ? {} : { currency: currency.toLowerCase() }),
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(explorer === undefined ? {} : { explorer: requireTemplate(explorer) }),
    ...(options.wallets === undefined ? {} : { wallets: await addressesOf(session, options.wallets) }),
  };
  const before = await session.client.settings();
  const { placement = {}, ...rest } = changes;
  const changed = unset.length > 0 || Object.keys(rest).length > 0 || Object.keys(placement).length > 0;
  const merged = mergeSettings(before, changes);
  for (const key of unset) {
    delete merged[key as keyof SettingsJson];
    delete merged.placement[key as keyof typeof merged.placement];
  }
  const { defaults } = await session.client.network();
  if (changed) requirePossible({ k: merged.k ?? defaults.k, n: merged.n ?? defaults.n, placement: merged.placement });
  if (options.preview) {
    const { minDays = 0, placement } = merged as SettingsJson;
    const n = merged.n ?? Math.max(defaults.n, merged.k ?? 1);
    const k = merged.k ?? Math.min(defaults.k, n);
    const days = merged.days ?? Math.max(defaults.days, minDays);
    const bytes = options.size === undefined ? {} : { bytes: Number(parseSize(options.size)) };
    // Whole, so that what is unset is not as the account still has it.
    const found = await session.client.net.preview({ k, n, days, minDays, placement: placement ?? {}, ...bytes });
    session.output.result(found);
    session.output.say(previewLines(found));
    return;
  }
  const after = changed ? await session.client.changeSettings(merged as SettingsJson) : before;
  session.output.result({ ...after, effective: effectiveOf(after, defaults) });
  session.output.say(describe(after, defaults));
}

/** Of the account's own wallets. */
async function addressesOf({ client }: Session, named: readonly string[]): Promise<string[]> {
  const wallets = await client.wallets();
  return [...new Set(named.map((one) => walletNamed(wallets, one).address))];
}

/** @throws CairnError `bad-options` where nothing stands for the transaction */
export function requireTemplate(explorer: string): string {
  if (/^https?:\/\/[!-~]*\{tx\}[!-~]*$/.test(explorer)) return explorer;
  throw new CairnError(`"${explorer.slice(0, 100)}" is no link to a transaction`, {
    code: "bad-options",
    kind: "input",
    next: "Give an http or https URL with {tx} where the transaction's hash stands: https://filfox.info/en/message/{tx}.",
  });
}

/** What puts go by, and whether the account set it or the network has it; of a placement only what the account set holds. */
export function effectiveOf(settings: SettingsJson, defaults: { k: number; n: number; days: number }) {
  const of = <Value>(own: Value | undefined, network: Value) =>
    own === undefined ? { value: network, source: "network" as const } : { value: own, source: "account" as const };
  return {
    k: of(settings.k, defaults.k),
    n: of(settings.n, defaults.n),
    days: of(settings.days, defaults.days),
    minDays: of(settings.minDays, 0),
    renew: of(settings.renew, true),
    placement: Object.fromEntries(
      Object.entries(settings.placement ?? {}).map(([name, value]) => [name, { value, source: "account" as const }]),
    ),
  };
}

function describe(settings: SettingsJson, defaults: { k: number; n: number; days: number }): string[] {
  const { k, n } = { ...defaults, ...settings };
  const own = (key: keyof SettingsJson) => (settings[key] === undefined ? " (the network's)" : "");
  const days = settings.days ?? defaults.days;
  return [
    `shards     any ${k} of ${n} restore a piece${own("n")}`,
    `kept for   ${formatDuration(days * 86_400)}${own("days")}`,
    ...(settings.minDays === undefined ? [] : [`at least   ${formatDuration(settings.minDays * 86_400)}`]),
    `renewal    ${settings.renew === false ? "off" : "on"} (kept for a later version: nothing is renewed by itself yet)`,
    ...(settings.currency === undefined ? [] : [`currency   ${settings.currency.toUpperCase()}`]),
    ...(settings.confirmations === undefined ? [] : [`confirmed  after ${counted(settings.confirmations, "block")}`]),
    ...(settings.explorer === undefined ? [] : [`explorer   ${settings.explorer}`]),
    ...(settings.wallets ?? []).map((wallet, at) => `${at === 0 ? "paid by    " : "           "}${at + 1}. ${wallet}`),
    ...describePlacement(placementFromJson((settings.placement ?? {}) as PlacementJson)).map(
      (line) => `providers  ${line}`,
    ),
  ];
}
