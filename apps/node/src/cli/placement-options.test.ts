import type { SettingsJson } from "@cairn/client";
import { expect, it } from "vitest";
import { mergeSettings, settingsOf, shapeOf } from "./placement-options.ts";

const DEFAULTS = { k: 2, n: 4, days: 180 };

it("goes by the command, else by the settings, else by the network, each by itself", () => {
  expect(shapeOf({}, {}, DEFAULTS)).toEqual({ ...DEFAULTS, placement: {} });
  expect(shapeOf({ n: 5 }, { k: 3, days: 30 }, DEFAULTS)).toEqual({ k: 3, n: 5, days: 30, placement: {} });
  expect(shapeOf({ copies: 2 }, { k: 3, n: 9 }, DEFAULTS)).toMatchObject({ k: 1, n: 2 });
  expect(() => shapeOf({ n: 1 }, {}, DEFAULTS)).toThrow(expect.objectContaining({ code: "bad-package" }));
  expect(() => settingsOf({ copies: 2, k: 1 })).toThrow(expect.objectContaining({ code: "bad-options" }));
});

it("takes countries for all shards or for each, the later kind alone", () => {
  expect(() => settingsOf({ country: ["CA"], countryEach: ["CA", "NL"] })).toThrow(
    expect.objectContaining({ code: "bad-options" }),
  );
  const settings: SettingsJson = { placement: { countries: ["US"], maxPrice: "7" } };
  const shape = shapeOf({ copies: 2, countryEach: ["CA", "NL"] }, settings, DEFAULTS);
  expect(shape.placement).toEqual({ shardCountries: ["CA", "NL"], maxPrice: "7" });
  expect(mergeSettings({ placement: { shardCountries: ["CA"] } }, { placement: { rank: "price" } }).placement).toEqual({
    shardCountries: ["CA"],
    rank: "price",
  });
  // Of four shards two would lie anywhere.
  expect(() => shapeOf({ countryEach: ["CA", "NL"] }, {}, DEFAULTS)).toThrow(
    expect.objectContaining({ code: "bad-placement" }),
  );
});

it("takes a price per GiB and month, as prices are shown, and addresses in any case", () => {
  const { placement } = settingsOf({ maxPrice: 30n * 10n ** 13n, block: [`0x${"AB".repeat(20)}`], minScore: 80.5 });
  expect(placement).toEqual({ maxPrice: (10n ** 13n).toString(), blocked: [`0x${"ab".repeat(20)}`], minScore: 8050 });
});
