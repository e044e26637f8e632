import { expect, it } from "vitest";
import { effectiveOf, requireTemplate } from "./settings.ts";

it("says of each setting what holds, and whether the account set it", () => {
  const defaults = { k: 2, n: 4, days: 180 };
  expect(effectiveOf({}, defaults)).toEqual({
    k: { value: 2, source: "network" },
    n: { value: 4, source: "network" },
    days: { value: 180, source: "network" },
    minDays: { value: 0, source: "network" },
    renew: { value: true, source: "network" },
    placement: {},
  });
  expect(effectiveOf({ n: 5, placement: { countries: ["CA"] } }, defaults)).toMatchObject({
    k: { value: 2, source: "network" },
    n: { value: 5, source: "account" },
    placement: { countries: { value: ["CA"], source: "account" } },
  });
});

it("takes a link to a transaction only with a place for its hash, and of no other kind", () => {
  expect(requireTemplate("https://filfox.info/en/message/{tx}?t=1")).toBe("https://filfox.info/en/message/{tx}?t=1");
  for (const one of ["https://filfox.info", "javascript:alert(1)//{tx}", "{tx}", "https://a b/{tx}"])
    expect(() => requireTemplate(one)).toThrow(expect.objectContaining({ code: "bad-options" }));
});
