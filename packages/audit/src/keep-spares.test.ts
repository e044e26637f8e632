import type { DealId } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { scarce } from "./keep-spares.ts";

const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const judged = (...outcomes: Parameters<typeof scarce>[0][number]["outcome"][]) =>
  outcomes.map((outcome, i) => ({ deal: id(i), outcome, piece: "p/0", k: 2 }));

describe("scarce", () => {
  it("has a copy made of the silent when no more than k others are heard", () => {
    expect(scarce(judged("silent", "proved", "proved", "proved"))).toEqual([]);
    expect(scarce(judged("silent", "held", "proved", "proved"))).toEqual([id(0), id(1)]);
    expect(scarce(judged("silent", "damaged", "proved", "proved"))).toEqual([id(0)]);
    expect(scarce(judged("silent", "wrong", "late", "chain"))).toEqual([id(0)]);
  });

  it("makes none of what nobody could hear: half a network of copies for a line that was down", () => {
    expect(scarce(judged("unheard", "unheard", "unheard", "proved"))).toEqual([]);
    expect(scarce(judged("off-duty", "off-duty", "silent", "proved"))).toEqual([]);
  });

  it("looks at each piece alone", () => {
    const other = judged("silent", "proved", "proved").map((one) => ({ ...one, deal: id(9), piece: "p/1" }));
    expect(scarce([...judged("silent", "proved", "proved", "proved"), other[0]!])).toEqual([id(9)]);
  });
});
