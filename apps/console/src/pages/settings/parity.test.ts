import { NoticeSettingsJson, PlacementJson, type SettingsJson as Settings, SettingsJson } from "@cairn/client";
import { expect, it } from "vitest";
import { buildProgram } from "../../../../node/src/cli/build-program.ts";
import { NOTIFY_KINDS } from "../../../../node/src/cli/notify.ts";
import { NAMES } from "../../../../node/src/cli/settings.ts";
import { DISPLAY_FIELDS } from "./display-fields.ts";
import { KINDS } from "./notice-kinds.ts";
import { fieldOf } from "./storing/draft.ts";

/** What is saved with, and no setting; demands stand one by one in PlacementJson. */
const NONE = ["version", "placement"];
const settings = [...Object.keys(SettingsJson.properties), ...Object.keys(PlacementJson.properties)].filter(
  (name) => !NONE.includes(name),
);

const optionsOf = (name: string): string[] => {
  const command = buildProgram().commands.find((one) => one.name() === name);
  return (command?.options ?? []).map(({ long }) => String(long).replace(/^--/, ""));
};

it("has every setting of the API at the command line, to set and to unset", () => {
  expect([...NAMES.values()].toSorted()).toEqual(settings.toSorted());
  expect(optionsOf("settings")).toEqual(expect.arrayContaining([...NAMES.keys()]));
});

it("has every setting of the API on a page", () => {
  const display: readonly (keyof Settings)[] = DISPLAY_FIELDS;
  const storing = settings.filter((name) => !display.includes(name as keyof Settings));
  expect(storing.filter((name) => fieldOf(name) === undefined)).toEqual([]);
  expect(display.filter((name) => !settings.includes(name))).toEqual([]);
});

it("has every kind of notice, the days before an end and the threshold in all three", () => {
  const kinds = Object.keys(NoticeSettingsJson.properties.kinds.properties);
  expect(KINDS.toSorted()).toEqual(kinds.toSorted());
  expect(NOTIFY_KINDS.map(([, kind]) => kind).toSorted()).toEqual(kinds.toSorted());
  expect(optionsOf("notify")).toEqual(
    expect.arrayContaining([...NOTIFY_KINDS.map(([name]) => name), "days", "threshold"]),
  );
  const numbers = Object.keys(NoticeSettingsJson.properties).filter((name) => name !== "kinds");
  expect(numbers.filter((name) => fieldOf(name) === undefined)).toEqual([]);
});
