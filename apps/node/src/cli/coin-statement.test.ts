import { expect, it } from "vitest";
import { requireCoinOptions } from "./coin-statement.ts";

it("refuses what only the contract's money has", () => {
  for (const options of [{ package: "letters" }, { kind: ["pay"] }])
    expect(() => requireCoinOptions(options)).toThrow(expect.objectContaining({ code: "bad-options", kind: "input" }));
  expect(() => requireCoinOptions({})).not.toThrow();
});
