import type { NoticeSettingsJson, SettingsJson } from "@cairn/client";
import { describe, expect, it } from "vitest";
import { DEFAULT_NOTICE_SETTINGS } from "../../../../../../packages/accounts/src/notices/kinds.ts";
import { storing as words } from "../../../words/settings.ts";
import {
  changesOf,
  draftOf,
  fieldOf,
  mine,
  previewOf,
  readCoins,
  readDraft,
  resetDraft,
  withNotices,
} from "./draft.ts";

const defaults = { k: 2, n: 4, days: 180 };
const [A, B] = ["a", "b"].map((digit) => `0x${digit.repeat(40)}`) as [string, string];
const notices: NoticeSettingsJson = JSON.parse(
  JSON.stringify({ ...DEFAULT_NOTICE_SETTINGS, lowBalance: DEFAULT_NOTICE_SETTINGS.lowBalance.toString() }),
);
const ten: SettingsJson = {
  ...{ k: 1, n: 2, days: 60, minDays: 30, renew: false, wallets: [A, B] },
  placement: { maxPrice: "5", shardCountries: ["CA", "NL"], allowed: [A], blocked: [B], minScore: 8050, rank: "price" },
  ...{ confirmations: 3, explorer: "https://explorer.example/{tx}", currency: "eur", version: 7 },
};
const read = (settings: SettingsJson, change = {}) =>
  readDraft({ ...draftOf({ settings, notices }, defaults), ...change }, settings, defaults, words);

describe("a draft", () => {
  it("of what is saved says the same again, with what the form does not have", () => {
    for (const settings of [
      ten,
      { placement: {} },
      { version: 1, k: 3, n: 5, placement: { countries: ["CA"] } },
      { renew: true, placement: { rank: "score" as const } },
    ])
      expect(read(settings)).toMatchObject({ settings, faults: {} });
    expect(withNotices(notices, read(ten).notices)).toEqual(notices);
  });

  it("names what is no number, or not chosen, and asks nobody about it", () => {
    expect(read({}, { maxPrice: "x", days: "soon", shape: "copies", copies: "", where: "some" }).faults).toEqual({
      ...{ maxPrice: words.coins, days: words.number, copies: words.number, countries: words.chooseCountries },
    });
    expect(read({}, { shape: "copies", copies: "2", where: "each", each: ["CA"] }).faults).toEqual({
      each: words.chooseEach,
    });
  });

  it("marks what contradicts itself or cannot be, at each field that is part of it, and asks nobody about it", () => {
    const marked = (change: object) => Object.keys(read({}, change).faults).toSorted();
    expect(marked({ days: "10", minDays: "30" })).toEqual(["days", "minDays"]);
    expect(marked({ days: "30", minDays: "30" })).toEqual([]);
    expect(marked({ days: "", minDays: "400" })).toEqual([]);
    for (const days of ["0", "-1", "4000"]) expect(marked({ days })).toEqual(["days"]);
    for (const minScore of ["150", "-1", "100.01"]) expect(marked({ minScore })).toEqual(["minScore"]);
    for (const minScore of ["", "0", "100"]) expect(marked({ minScore })).toEqual([]);
    expect(marked({ shape: "shards", k: "5", n: "4" })).toEqual(["k"]);
    expect(marked({ shape: "shards", k: "4", n: "4" })).toEqual([]);
    for (const copies of ["0", "1.5", "256"]) expect(marked({ shape: "copies", copies })).toContain("copies");
    for (const expiryDays of ["0", "1.5", "366"]) expect(marked({ expiryDays })).toEqual(["expiryDays"]);
  });

  it("asks for a preview of all that it comes to, so that what was saved does not show through", () => {
    expect(previewOf(read(ten, { shape: "network", days: "", minDays: "", where: "any" }), defaults, 5)).toMatchObject({
      ...{ k: 2, n: 4, days: 180, minDays: 0, bytes: 5 },
    });
    expect(previewOf(read(ten, { days: "", minDays: "400" }), defaults, 5)).toMatchObject({ days: 400, minDays: 400 });
  });

  it("is reset to what accounts have that never set anything", () => {
    expect(resetDraft(defaults)).toEqual(draftOf({ settings: {}, notices }, defaults));
    expect(readDraft(resetDraft(defaults), ten, defaults, words).settings).toEqual({
      ...{ confirmations: 3, explorer: "https://explorer.example/{tx}", currency: "eur", version: 7 },
      ...{ renew: true, placement: { rank: "score" } },
    });
  });

  it("keeps what I changed over what others saved, and the rest as theirs", () => {
    const base = draftOf({ settings: ten, notices }, defaults);
    const theirs = draftOf({ settings: { ...ten, days: 90, renew: true }, notices }, defaults);
    const yours = { ...base, maxPrice: "1", days: "70" };
    expect(changesOf(yours, base)).toEqual(["maxPrice", "days"]);
    expect(mine(yours, base, theirs)).toEqual({ ...theirs, maxPrice: "1", days: "70" });
    expect(changesOf(base, draftOf({ settings: ten, notices }, defaults))).toEqual([]);
  });
});

it("takes nothing as an amount, and no text that is none", () => {
  expect(["0", "0.0", "1.5", "", "-1", "x"].map(readCoins)).toEqual([
    ...[0n, 0n, 15n * 10n ** 17n, undefined, undefined, undefined],
  ]);
});

it("finds the form's field by the API's name of it", () => {
  const named = ["placement.maxPrice", "maxPrice", "shardCountries", "placement.blocked.0", "lowBalance", "days", "x"];
  expect(named.map(fieldOf)).toEqual(["maxPrice", "maxPrice", "each", "blocked", "threshold", "days", undefined]);
});
