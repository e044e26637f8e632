import { describe, expect, it } from "vitest";
import { joinUnits } from "./hash-unit.ts";
import { pieceCidV1 } from "./piece-cid.ts";
import { MAX_HEIGHT, UNIT_BYTES, UNIT_HEIGHT } from "./sizes.ts";
import { zeroCommitment } from "./zero-commitments.ts";

describe("zeroCommitment", () => {
  it("gives the constants published for empty sectors of 2 KiB and 32 GiB", () => {
    expect(Buffer.from(zeroCommitment(6)).toString("hex")).toBe(
      "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833",
    );
    expect(pieceCidV1(zeroCommitment(30)).toString()).toBe(
      "baga6ea4seaqao7s73y24kcutaosvacpdjgfe5pw76ooefnyqw4ynr3d2y6x2mpq",
    );
  });

  it("is the root of zero units joined, for pieces of 512 KiB to 512 MiB", () => {
    for (let height = UNIT_HEIGHT; height <= MAX_HEIGHT - 8; height++) {
      const units = 2 ** (height - UNIT_HEIGHT);
      const roots = new Uint8Array(32 * units);
      for (let at = 0; at < roots.length; at += 32) roots.set(zeroCommitment(UNIT_HEIGHT), at);
      expect(joinUnits(roots, units * UNIT_BYTES).root).toEqual(zeroCommitment(height));
      if (units < 4) continue;
      const oneUnitShort = joinUnits(roots.subarray(32), (units - 1) * UNIT_BYTES);
      expect(oneUnitShort.root).toEqual(zeroCommitment(height));
    }
  });
});
