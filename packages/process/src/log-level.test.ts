import { describe, expect, it } from "vitest";
import { logLevel } from "./log-level.ts";

describe("logLevel", () => {
  it("is CAIRN_LOG, else info, and nothing that the log does not know", () => {
    expect([{}, { CAIRN_LOG: "" }, { CAIRN_LOG: "warn" }, { CAIRN_LOG: " trace\n" }].map(logLevel)).toEqual([
      "info",
      "info",
      "warn",
      "trace",
    ]);
    for (const level of ["verbose", "INFO", "0", "constructor"]) {
      expect(() => logLevel({ CAIRN_LOG: level })).toThrowError(
        expect.objectContaining({
          code: "bad-settings",
          message: expect.stringContaining(level),
          next: expect.stringContaining("trace, debug, info, warn, error, fatal, silent"),
        }),
      );
    }
  });
});
