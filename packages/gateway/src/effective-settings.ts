import type { Queryable } from "@cairn/catalog";
import { findSettings } from "@cairn/catalog";
import type { PlacementJson, SettingsJson } from "@cairn/client";
import { checkPlacement, type PlacementTerms, placementFromJson } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { GatewayContext } from "./gateway-context.ts";

/** What puts go by, as all of it stands: the account's settings, else the network's. */
export interface EffectiveSettings {
  k: number;
  n: number;
  days: number;
  minDays: number;
  placement: PlacementTerms;
}

type Defaults = Pick<GatewayContext["network"], "defaults">;

/** Powergate's fields for prices are signed and of 64 bits: what is set here can be said there. */
const MOST_PRICE = 2n ** 63n - 1n;

/** The settings with what the network has where they say nothing, held to what a put can go by. @throws CairnError `bad-input`, `bad-placement` */
export function completed(settings: SettingsJson, { defaults }: Defaults): EffectiveSettings {
  const {
    k = Math.min(defaults.k, settings.n ?? defaults.k),
    n = Math.max(defaults.n, settings.k ?? 1),
    minDays = 0,
  } = settings;
  const days = settings.days ?? Math.max(defaults.days, minDays);
  const placement = placementFromJson((settings.placement ?? {}) as Parameters<typeof placementFromJson>[0]);
  if (k > n)
    throw refused(
      "k",
      `k is ${k}, and there are n = ${n} shards`,
      `1 to ${n}`,
      `Choose k from 1 to ${n}, or a larger n.`,
    );
  if (days < minDays) {
    const next = `Choose ${minDays} days or more, or a smaller minimum.`;
    throw refused("days", `${days} days are less than your minimum of ${minDays}`, `${minDays} or more`, next);
  }
  checkPlacement(placement, n);
  const { maxPrice, allowed = [], blocked = [] } = placement;
  if (maxPrice !== undefined && (maxPrice < 1n || maxPrice > MOST_PRICE)) {
    const next = "Give a whole number of wei per GiB and day from 1 on, or leave it out for no maximum.";
    throw refused("placement.maxPrice", `a maximum price of ${maxPrice} wei cannot be set`, `1 to ${MOST_PRICE}`, next);
  }
  const both = allowed.find((provider) => blocked.includes(provider));
  if (both !== undefined) {
    const next = "Take it off one of the two lists.";
    throw refused("placement.blocked", `${both} is both allowed and blocked`, "providers of one list each", next);
  }
  return { k, n, days, minDays, placement };
}

/** What a put of the account goes by, a draft over its settings. */
export async function effectiveSettings(
  { pool, network }: Pick<GatewayContext, "pool" | "network">,
  account: string,
  draft: SettingsJson = {},
): Promise<EffectiveSettings> {
  const settings = await findSettings(pool, account);
  const { placement: before = {}, ...own } = settings as SettingsJson;
  const { placement, ...rest } = draft;
  // Demands of a draft are shown whole: what it leaves out of them is not demanded.
  return completed({ ...own, ...rest, placement: (placement ?? before) as PlacementJson }, network);
}

/** The account's least length of a deal holds for every put. @throws CairnError `bad-package` */
export async function requireMinimum(pool: Queryable, account: string, days: number): Promise<void> {
  const { minDays = 0 } = (await findSettings(pool, account)) as SettingsJson;
  if (days >= minDays) return;
  throw new CairnError(`${days} days are less than the account's minimum of ${minDays}`, {
    code: "bad-package",
    kind: "input",
    details: { field: "days", allowed: `${minDays} or more` },
    next: `Keep it for ${minDays} days or more, or change the minimum (\`cairn settings --min-days\`).`,
  });
}

const refused = (field: string, message: string, allowed: string, next: string) =>
  new CairnError(message, { code: "bad-input", kind: "input", details: { field, allowed }, next });
