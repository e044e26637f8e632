import { describe, expect, it } from "vitest";
import { lastWords, reportedError } from "./last-words.ts";

describe("what a child said last", () => {
  it("is the message of its log, its progress, or the plain line", () => {
    expect(lastWords('{"level":40,"msg":"no connection: refused","gateway":"x"}\n\n')).toBe("no connection: refused");
    expect(lastWords('{"progress":"waiting for coins"}')).toBe("waiting for coins");
    expect(lastWords("initdb: error: no space\n")).toBe("initdb: error: no space");
    expect(lastWords("\n")).toBeUndefined();
  });

  it("is the error that it ended with, wherever that stands", () => {
    const body = { code: "wrong-chain", kind: "conflict", message: "another chain", next: "Correct it." };
    const error = reportedError(`{"msg":"before"}\n${JSON.stringify({ error: body, stack: "at x" })}\nafterwards\n`);
    expect(error?.toJSON()).toEqual(body);
    expect(reportedError('{"error":"text"}\nError: x\n    at y\n')).toBeUndefined();
  });
});
