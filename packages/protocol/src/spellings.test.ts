import { expect, it } from "vitest";
import { openWith, spellingsOf } from "./spellings.ts";

it("spells what looks the same, the typed one first, and each once", () => {
  expect(spellingsOf("plain words")).toEqual(["plain words"]);
  expect(spellingsOf("schlu\u0308ssel")).toEqual(["schlu\u0308ssel", "schl\u00fcssel"]);
  expect(spellingsOf("schl\u00fcssel")).toEqual(["schl\u00fcssel", "schlu\u0308ssel"]);
});

it("opens with whichever spelling fits, and refuses as it was typed", async () => {
  const opens = (right: string) => async (spelling: string) => {
    if (spelling !== right) throw new Error(`not ${spelling}`);
    return spelling.length;
  };
  expect(await openWith("\u00fc", opens("u\u0308"))).toBe(2);
  expect(await openWith("u\u0308", opens("\u00fc"))).toBe(1);
  await expect(openWith("\u00fc", opens("o"))).rejects.toThrow("not \u00fc");
});
