import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, parseChallenges, parseChunks, parseMessage, parseReport, parseToken } from "./wire.ts";

const CHUNK = {
  seed: "ea21801654245c9f6c81bdf4801bbf62",
  size: 32768,
  file_hash: 1,
  challenge: { seed: "", index: 0 },
  tag: {},
  due: 19.9,
};

const code = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as CairnError).code;
  }
};

describe("a node's answers", () => {
  it("are read in both shapes of file_hash", () => {
    const [number, text] = parseChunks({ chunks: [CHUNK, { ...CHUNK, file_hash: "a", url: "/shard" }] });
    expect(number).toMatchObject({ hash: 1, size: 32768, due: 19.9, url: undefined });
    expect(text).toMatchObject({ hash: "a", url: "/shard" });
    expect(hashKey(1)).not.toBe(hashKey("1"));
  });

  it("say what is over and what is open", () => {
    const answers = parseChallenges({
      challenges: [
        { file_hash: 1, challenge: "x", due: 3, answered: false },
        { file_hash: 2, status: "no more challenges" },
        { file_hash: 3, error: "contract expired" },
      ],
    });
    expect(answers.map((answer) => (answer.outcome === "open" ? answer.due : answer.reason))).toEqual([
      3,
      "no more challenges",
      "contract expired",
    ]);
    expect(
      parseReport({
        report: [
          { file_hash: "a", status: "ok" },
          { file_hash: 2, error: "Invalid proof" },
        ],
      }),
    ).toEqual([
      { hash: "a", error: undefined },
      { hash: 2, error: "Invalid proof" },
    ]);
  });

  it("are refused when they name another heartbeat, or a token that goes into no path", () => {
    expect(code(() => parseToken({ token: "ab", type: "PySwizzle", heartbeat: "" }))).toBe("unknown-heartbeat-type");
    for (const token of ["", "abc", "../x", "AB", 7]) {
      expect(code(() => parseToken({ token, type: "Merkle", heartbeat: {} }))).toBe("node-answer-malformed");
    }
  });

  it("never fail in another way, whatever they are", () => {
    const parsers = [parseToken, parseChunks, parseChallenges, parseReport];
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, inner) => {
        parseMessage(value);
        const wrapped = { token: inner, chunks: [inner], challenges: [inner], report: [inner] };
        for (const parse of parsers) {
          for (const tried of [value, wrapped]) {
            try {
              parse(tried);
            } catch (error) {
              expect(error).toBeInstanceOf(CairnError);
            }
          }
        }
      }),
    );
  });

  it("have every field of a chunk checked", () => {
    for (const [key, value] of [
      ["size", 0],
      ["size", 1.5],
      ["size", "32"],
      ["seed", 1],
      ["file_hash", null],
      ["file_hash", ""],
      ["due", "soon"],
      ["tag", null],
      ["challenge", 4],
    ]) {
      expect(code(() => parseChunks({ chunks: [{ ...CHUNK, [key as string]: value }] }))).toBe("node-answer-malformed");
    }
  });
});
