import { describe, expect, it } from "vitest";
import { concernsOf } from "./live.ts";

const NONE = { package: null, provider: null, deal: null, kind: "period" };

describe("what an event makes stale", () => {
  it("is what it is about, and the events themselves", () => {
    expect(concernsOf(NONE)).toEqual(["events"]);
    expect(concernsOf({ ...NONE, package: "p" })).toEqual(
      expect.arrayContaining(["packages", "package", "deals", "account"]),
    );
    expect(concernsOf({ ...NONE, provider: "0x" })).toContain("providers");
    expect(concernsOf({ ...NONE, kind: "wallet-added" })).toContain("wallets");
  });
});
