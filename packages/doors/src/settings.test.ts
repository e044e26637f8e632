import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { allowedBy, parseSettings } from "./settings.ts";

const SCHEMA = Type.Object({
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
  part: Type.Optional(Type.Number({ minimum: 0 })),
  on: Type.Optional(Type.Boolean()),
  name: Type.Optional(Type.String({ minLength: 1 })),
  kind: Type.Optional(Type.Union([Type.Literal("hot"), Type.Literal("cold")])),
  limit: Type.Optional(Type.Union([Type.Integer(), Type.Null()], { allowed: "a whole number, or null: no limit" })),
});

describe("parseSettings", () => {
  it("takes what the schema allows, and nothing at all", () => {
    const value = { count: 10, part: 0.5, on: false, name: "x", kind: "cold", limit: null };
    expect(parseSettings(SCHEMA, value, "it")).toEqual(value);
    expect(parseSettings(SCHEMA, {}, "it")).toEqual({});
  });

  it.each([
    [{ count: 11 }, "count", "a whole number from 1 to 10"],
    [{ part: -1 }, "part", "a number from 0"],
    [{ on: "yes" }, "on", "true or false"],
    [{ name: "" }, "name", "a text"],
    [{ kind: "warm" }, "kind", "hot or cold"],
    [{ limit: "none" }, "limit", "null: no limit"],
    [{ other: 1 }, "other", "count, part, on, name, kind, limit"],
    [{ toString: 1 }, "toString", "count"],
  ])("refuses %j with the key and what is allowed", (value, key, allowed) => {
    expect(() => parseSettings(SCHEMA, value, "settings.json")).toThrow(
      expect.objectContaining({
        code: "bad-settings",
        message: expect.stringContaining(`settings.json has`),
        next: expect.stringContaining(allowed),
        details: { key },
      }),
    );
  });

  it("never fails in another way, whatever stands in the file", () => {
    const keys = fc.constantFrom(...Object.keys(SCHEMA.properties), "other", "__proto__");
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())), (value) => {
        try {
          parseSettings(SCHEMA, value, "it");
        } catch (error) {
          expect(error).toBeInstanceOf(CairnError);
        }
      }),
    );
  });

  it("has words for every property", () => {
    for (const property of Object.values(SCHEMA.properties)) expect(allowedBy(property)).not.toContain("JSON");
  });
});
