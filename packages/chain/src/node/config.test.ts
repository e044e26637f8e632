import { PROFILES } from "@cairn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

const KEY = `0x${"11".repeat(32)}`;
const BASE = { chainId: 26170, blockSeconds: 2, validatorKey: KEY, database: { host: "/tmp" } };

describe("parseConfig", () => {
  it("fills in 6 Mgas a second, a base fee above zero, loopback, no emission and no faucet", () => {
    const settings = parseConfig(BASE);
    expect(settings.rules).toMatchObject({
      blockGas: 12_000_000n,
      baseFee: 1_000_000_000n,
      emission: false,
      alloc: {},
    });
    expect(settings.rules.validators).toEqual(["0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"]);
    expect(settings.listen).toEqual({ host: "127.0.0.1", port: 0, allowedHosts: [] });
    expect(settings.faucet).toBeUndefined();
    expect(settings.methods).toMatchObject({ callGas: 12_000_000n, logBlocks: 2_000 });
    expect(parseConfig({ ...BASE, blockSeconds: 30 }).methods.callGas).toBe(60_000_000n);
  });

  it("allows a faucet on the local and the demo chain only", () => {
    const faucet = { key: KEY, perAddress: "1" };
    for (const profile of Object.values(PROFILES)) {
      const parse = () => parseConfig({ ...BASE, chainId: profile.chainId, faucet });
      if (profile.faucet) expect(parse().faucet?.perAddress).toBe(1n);
      else expect(parse).toThrow(/faucet must be left out/);
    }
    expect(() => parseConfig({ ...BASE, chainId: 1, faucet })).toThrow(/faucet/);
  });

  it.each<[string, Record<string, unknown>]>([
    ["blockSeconds", { blockSeconds: 0 }],
    ["blockSeconds", { blockSeconds: 1.5 }],
    ["chainId", { chainId: "26170" }],
    ["validatorKey", { validatorKey: "0x11" }],
    ["baseFee", { baseFee: "0" }],
    ["baseFee", { baseFee: 1 }],
    ["alloc", { alloc: { bob: "1" } }],
    ["listen.host", { listen: { host: "0.0.0.0" } }],
    ["listen.port", { listen: { port: 70_000 } }],
    ["priority.share", { priority: { addresses: [], share: 1 } }],
    ["limits.batch", { limits: { batch: 0 } }],
    ["database", { database: undefined }],
    ["gasPerSecond", { gasPerSecond: 5 }],
    ["emission", { emission: 1 }],
  ])("names %s when it is wrong", (field, change) => {
    expect(() => parseConfig({ ...BASE, ...change })).toThrow(
      expect.objectContaining({
        code: "chain-config-invalid",
        details: expect.objectContaining({ field: expect.stringContaining(field) }),
      }),
    );
  });

  it("answers any input with settings or with a named field", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record(
            {
              ...Object.fromEntries(Object.keys(BASE).map((name) => [name, fc.anything()])),
              listen: fc.anything(),
              limits: fc.anything(),
              alloc: fc.anything(),
            },
            { requiredKeys: [] },
          ),
        ),
        (input) => {
          try {
            parseConfig(input);
          } catch (error) {
            expect(error).toMatchObject({ code: "chain-config-invalid" });
          }
        },
      ),
    );
  });

  it("never shows a key", () => {
    const secret = `0x${"ab".repeat(31)}`;
    try {
      parseConfig({ ...BASE, validatorKey: secret });
      throw new Error("accepted");
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain("abab");
    }
  });
});
