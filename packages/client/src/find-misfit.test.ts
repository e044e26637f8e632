import fc from "fast-check";
import type { TSchema } from "typebox";
import { Check } from "typebox/value";
import { describe, expect, it, vi } from "vitest";
import { findMisfit } from "./find-misfit.ts";
import * as schemas from "./schemas.ts";
import { answersOf, bent } from "./testing/answers.ts";

const all = Object.entries(schemas) as [string, TSchema][];

/** Whether no number in it is a whole one that JavaScript cannot hold exactly: TypeBox takes those. */
const isExact = (value: unknown): boolean =>
  typeof value === "object" && value !== null
    ? Object.values(value).every(isExact)
    : !Number.isInteger(value) || Number.isSafeInteger(value);

describe("the API's schemas", () => {
  it("are those that TypeBox itself would build", async () => {
    vi.resetModules();
    vi.doMock("./schema-builder.ts", () => import("typebox"));
    const built: object = await import("./schemas.ts");
    vi.doUnmock("./schema-builder.ts");
    expect(Object.keys(built)).toEqual(all.map(([name]) => name));
    for (const [name, schema] of Object.entries(built)) {
      expect(JSON.parse(JSON.stringify(Object.fromEntries(all)[name])), name).toEqual(
        JSON.parse(JSON.stringify(schema)),
      );
    }
  });

  it.each(all)("%s takes and refuses what TypeBox takes and refuses", (_, schema) => {
    const values = fc.oneof(answersOf(schema), bent(answersOf(schema)), fc.jsonValue());
    fc.assert(
      fc.property(values, (value) => {
        const fits = findMisfit(schema, value) === undefined;
        if (fits || isExact(value)) expect(fits).toBe(Check(schema, value));
      }),
    );
  });

  it("refuse integers that are not exact, and name the field", () => {
    const slot = {
      deal: null,
      provider: null,
      commitment: null,
      cause: null,
      piece: 0,
      shard: 2 ** 53,
      state: "",
      rawLength: 0,
    };
    expect(findMisfit(schemas.SlotJson, slot)).toBe("shard");
    expect(findMisfit(schemas.RecoveredJson, [1])).toBe("[0]");
    expect(findMisfit(schemas.EventsJson, {})).toBe("");
  });
});
