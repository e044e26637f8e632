import { join } from "node:path";
import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { completeSettings, parseDownstreamFile } from "./settings-schema.ts";

describe("parseDownstreamFile", () => {
  it("takes every default, and addresses and ranges of proxies", () => {
    expect(parseDownstreamFile(DEFAULT_SETTINGS, "it")).toEqual(DEFAULT_SETTINGS);
    const trustedProxies = ["loopback", "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"];
    expect(parseDownstreamFile({ trustedProxies }, "it")).toEqual({ trustedProxies });
  });

  it("names the key, what it was and what is allowed", () => {
    const wrong: [object, RegExp][] = [
      [{ intervall: 60 }, /unknown key "intervall"/],
      [{ __proto__x: 1 }, /unknown key/],
      [{ intervalSeconds: "60" }, /"60" for intervalSeconds/],
      [{ intervalSeconds: 0 }, /0 for intervalSeconds/],
      [{ port: 70_000 }, /port/],
      [{ scheme: "merkle" }, /scheme/],
      [{ checkFraction: 2 }, /checkFraction/],
      [{ maxTokensPerNetwork: 0 }, /maxTokensPerNetwork/],
      [{ trustedProxies: ["everybody"] }, /trustedProxies/],
      [{ trustedProxies: ["10.0.0.0/33"] }, /trustedProxies/],
      [{ pool: { min: 2, max: 1, total: 1, base: 2 } }, /pool/],
      [{ pool: { min: 1, max: 1, total: 1, base: 2, more: 1 } }, /pool/],
      [{ requireSignature: "no" }, /requireSignature/],
    ];
    for (const [value, text] of wrong) {
      expect(() => parseDownstreamFile(value, "settings.json"), JSON.stringify(value)).toThrow(text);
    }
    expect(() => parseDownstreamFile({ intervall: 60 }, "it")).toThrow(
      expect.objectContaining({ code: "bad-settings", next: expect.stringContaining("intervalSeconds") }),
    );
  });

  it("never fails in another way, whatever stands in the file", () => {
    const keys = fc.constantFrom(...Object.keys(DEFAULT_SETTINGS), "host", "port", "other");
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())), (value) => {
        try {
          parseDownstreamFile(value, "it");
        } catch (error) {
          expect(error).toBeInstanceOf(CairnError);
        }
      }),
    );
  });
});

describe("completeSettings", () => {
  it("puts the file's over the product's, and takes paths from the door's folder", () => {
    expect(completeSettings("/home/downstream", {}, false)).toEqual({ ...DEFAULT_SETTINGS, requireSignature: false });
    const file = { intervalSeconds: 60, port: 5001, cityDatabase: "city.mmdb" };
    expect(completeSettings("/home/downstream", file, true)).toEqual({
      ...DEFAULT_SETTINGS,
      intervalSeconds: 60,
      cityDatabase: join("/home/downstream", "city.mmdb"),
    });
  });
});
