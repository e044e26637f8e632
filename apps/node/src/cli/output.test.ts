import { expect, it } from "vitest";
import { table } from "./output.ts";

it("aligns columns, which one long cell does not widen for every other row", () => {
  const long = "a".repeat(300);
  expect(
    table(
      ["path", "size"],
      [
        ["b", "1 B"],
        [long, "2 B"],
      ],
    ),
  ).toEqual([`path${" ".repeat(40)}size`, `b${" ".repeat(43)}1 B`, `${long}  2 B`]);
  const address = `0x${"7".repeat(40)}`;
  expect(table(["provider", "state"], [[address, "READY"]])[0]).toBe(`provider${" ".repeat(36)}state`);
});
