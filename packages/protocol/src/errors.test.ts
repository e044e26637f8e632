import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorEntry } from "./error-codes.ts";
import { asCairnError, CairnError, ProviderRefusal } from "./errors.ts";

describe("CairnError", () => {
  it("has the next step of the table where the throw names none", () => {
    const plain = new CairnError("no block 9", { code: "no-block", kind: "missing" });
    const named = new CairnError("no block 9", { code: "no-block", kind: "missing", next: "Use block 8." });
    expect([plain.next, named.next]).toEqual([errorEntry("no-block")?.next, "Use block 8."]);
    expect(plain.next).toMatch(/^Use another block/);
  });
});

describe("CairnError.fromJSON", () => {
  it("gives back what toJSON made", () => {
    const error = new CairnError("m", { code: "no-block", kind: "missing", next: "Do it.", details: { field: "x" } });
    expect(CairnError.fromJSON(JSON.parse(JSON.stringify(error))).toJSON()).toEqual(error.toJSON());
  });

  it("keeps a code that only a newer version knows, without a next step of its own", () => {
    const { code, next } = CairnError.fromJSON({ code: "of-tomorrow", kind: "conflict", message: "m" });
    expect([code, next]).toEqual(["of-tomorrow", undefined]);
  });

  it("leaves out details that are nested deeper than they can be read", () => {
    const depth = 100_000;
    const body = JSON.parse(
      `{"code":"no-block","message":"m","details":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`,
    );
    expect(CairnError.fromJSON(body).details).toEqual({});
  });

  it("makes each text plain, and cuts none within a character: a database takes it", () => {
    const given = {
      code: "full",
      kind: "exhausted",
      message: "a\u0000b\ud800c\u001b\n\t\u{1F600}",
      next: `${"z".repeat(1999)}\u{1F600}`,
      details: { "k\u0000": ["v\udc00", { "\ud800": "\u0007" }], n: 1, no: null },
    };
    const { message, next, details } = CairnError.fromJSON(JSON.parse(JSON.stringify(given)));
    expect(message).toBe("a\ufffdb\ufffdc\ufffd\n\t\u{1F600}");
    expect(next).toBe("z".repeat(1999));
    expect(details).toEqual({ "k\ufffd": ["v\ufffd", { "\ufffd": "\ufffd" }], n: 1, no: null });
    const { code } = CairnError.fromJSON({ code: "full\u0000" });
    expect(code).toBe("bad-error");
  });

  it("of a provider is marked, and stays what it was", () => {
    const body = { code: "stopping", kind: "unavailable", message: "m", next: "n", details: { a: 1 } };
    const error = ProviderRefusal.fromJSON(body);
    expect(asCairnError(error)).toBeInstanceOf(ProviderRefusal);
    expect(error.toJSON()).toEqual(body);
    expect(CairnError.fromJSON(body)).not.toBeInstanceOf(ProviderRefusal);
  });

  it("makes an error of a known kind of whatever it is given", () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom("teapot", "__proto__", "constructor", "internal", "Ä"));
    const body = fc.record({ code: member, kind: member, message: member, next: member, details: member });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), body), (json) => {
        const { code, kind, message, httpStatus, details } = CairnError.fromJSON(json);
        expect(code).toMatch(/^[a-z0-9-]{1,64}$/);
        expect(httpStatus).toBeGreaterThanOrEqual(400);
        expect([typeof kind, typeof message, typeof details]).toEqual(["string", "string", "object"]);
      }),
    );
    expect(CairnError.fromJSON({ kind: "teapot", code: "x", message: "m".repeat(10_000) })).toMatchObject({
      kind: "internal",
      message: "m".repeat(2000),
    });
    expect(CairnError.fromJSON({ details: { filling: "x".repeat(100_000) } }).details).toEqual({});
  });
});
