import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFrame } from "./frames.ts";
import { replyFromJson, replyToJson } from "./replies.ts";

describe("the reply to a scrub", () => {
  const range = fc.record({ offset: fc.nat(5e8), length: fc.integer({ min: 1, max: 1e6 }) });

  it("keeps what was found, in a frame that says that the request was answered", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), fc.nat(5e8), (damage, checkedBytes) => {
        const found = { damage, checkedBytes };
        const sent = JSON.stringify({ re: "1", ok: true, ...replyToJson("scrub", found) });
        const frame = parseFrame(sent);
        expect(frame.kind).toBe("reply");
        expect(replyFromJson("scrub", frame.kind === "reply" && frame.body)).toEqual(found);
      }),
    );
  });

  it("throws nothing but bad-message, whatever a provider sends", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("scrub", "prove", "quote", "store", "read", "discard", "manifest"),
        fc.jsonValue(),
        (type, json) => {
          try {
            replyFromJson(type as "scrub", json);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^bad-/);
          }
        },
      ),
    );
  });
});
