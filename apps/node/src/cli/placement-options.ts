import type { SettingsJson } from "@cairn/client";
import {
  checkPlacement,
  type PlacementJson,
  type PlacementTerms,
  perGibDay,
  placementFromJson,
  placementToJson,
} from "@cairn/core";
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
  if (options.country !== undefined && options.countryEach !== undefined) {
    throw new CairnError(
      "--country cannot be used with --country-each: the one is for all shards, the other for each",
      {
        code: "bad-options",
        kind: "input",
        next: "Leave one of them out.",
      },
    );
  }
  const k = copies === undefined ? options.k : 1;
  const n = copies ?? options.n;
  const placement = placementOf(options);
  checkPlacement(placement);
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
  const { k, n, days, placement } = mergeSettings(settings, settingsOf(options));
  const shape = { k: k ?? defaults.k, n: n ?? defaults.n, days: days ?? defaults.days, placement };
  requirePossible(shape);
  return shape;
}

/** Later settings over earlier ones; countries for all and for each exclude one another, so that the later kind stands alone. */
export function mergeSettings(
  earlier: SettingsJson,
  { placement: later = {}, ...rest }: SettingsJson,
): Omit<SettingsJson, "placement"> & { placement: PlacementJson } {
  const { countries, shardCountries, ...before } = earlier.placement ?? {};
  const places =
    later.countries === undefined && later.shardCountries === undefined
      ? { ...(countries && { countries }), ...(shardCountries && { shardCountries }) }
      : {};
  return { ...earlier, ...rest, placement: { ...before, ...places, ...later } as PlacementJson };
}

/** @throws CairnError `bad-package` where fewer shards are made than restore a piece, `bad-placement` */
export function requirePossible({ k, n, placement }: Omit<Shape, "days">): void {
  if (k > n) {
    throw new CairnError(`any ${k} of ${n} shards cannot restore a piece: more would be needed than are made`, {
      code: "bad-package",
      kind: "input",
      details: { field: "k" },
      next: "Give --k and --n together, or --copies; `cairn settings` shows what holds where you say nothing.",
    });
  }
  checkPlacement(placementFromJson(placement), n);
}
