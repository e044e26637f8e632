import type { SettingsJson } from "@cairn/client";
import { checkPlacement, type PlacementJson, type PlacementTerms, perGibDay, placementToJson } from "@cairn/core";
import type { Address } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";

/** What the command line says of where a package is to lie, and in how many shards. */
export interface PlacementOptions {
  k?: number;
  n?: number;
  /** Short for k = 1 and so many n. */
  copies?: number;
  /** Wei per GiB and month. */
  maxPrice?: bigint;
  country?: string[];
  countryEach?: string[];
  only?: string[];
  block?: string[];
  /** Percent. */
  minScore?: number;
  rank?: "score" | "price";
}

export interface Shape {
  k: number;
  n: number;
  days: number;
  placement: PlacementJson;
}

/** The options as settings, those left out that were not given. @throws CairnError `bad-options`, `bad-placement` */
export function settingsOf(options: PlacementOptions & { days?: number }): SettingsJson {
  const { copies, days } = options;
  if (copies !== undefined && (options.k !== undefined || options.n !== undefined)) {
    throw new CairnError("--copies cannot be used with --k or --n: copies are k = 1 and as many n", {
      code: "bad-options",
      kind: "input",
      next: "Leave one of them out.",
    });
  }
  const k = copies === undefined ? options.k : 1;
  const n = copies ?? options.n;
  const placement = placementOf(options);
  checkPlacement(placement, n);
  return {
    ...(k === undefined ? {} : { k }),
    ...(n === undefined ? {} : { n }),
    ...(days === undefined ? {} : { days }),
    placement: placementToJson(placement) as NonNullable<SettingsJson["placement"]>,
  };
}

function placementOf({
  maxPrice,
  country,
  countryEach,
  only,
  block,
  minScore,
  rank,
}: PlacementOptions): PlacementTerms {
  const addresses = (list: string[]) => list.map((text) => text.toLowerCase() as Address);
  return {
    // Rounded up by the conversion, as providers' prices are: what is shown as allowed is.
    ...(maxPrice === undefined ? {} : { maxPrice: perGibDay(maxPrice) }),
    ...(country === undefined ? {} : { countries: country }),
    ...(countryEach === undefined ? {} : { shardCountries: countryEach }),
    ...(only === undefined ? {} : { allowed: addresses(only) }),
    ...(block === undefined ? {} : { blocked: addresses(block) }),
    ...(minScore === undefined ? {} : { minScore: Math.round(minScore * 100) }),
    ...(rank === undefined ? {} : { rank }),
  };
}

/** What a package is put with: the command's options, else the account's settings, else what the network has. */
export function shapeOf(
  options: PlacementOptions & { days?: number },
  settings: SettingsJson,
  defaults: { k: number; n: number; days: number },
): Shape {
  const asked = settingsOf(options);
  // Half of a pair from here and half from there is nobody's wish.
  const pair = asked.k !== undefined || asked.n !== undefined ? asked : settings;
  return {
    k: pair.k ?? defaults.k,
    n: pair.n ?? defaults.n,
    days: asked.days ?? settings.days ?? defaults.days,
    placement: { ...settings.placement, ...asked.placement } as PlacementJson,
  };
}
