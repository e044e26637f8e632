import { emptySlot, type SlotPhase } from "@cairn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packageStateOf } from "./refresh-package.ts";
import type { SlotRow } from "./slot-rows.ts";
import type { PackageState } from "./types.ts";

const slot = (piece: number, shard: number, phase: SlotPhase, healing = false): SlotRow => ({
  package: "0".repeat(32),
  piece,
  shard,
  commitment: "0x",
  rawLength: 127,
  state: { ...emptySlot("none"), phase, healing },
  quote: null,
  quoteSignature: null,
  receipt: null,
});

const slots = fc
  .record({
    n: fc.integer({ min: 1, max: 5 }),
    pieces: fc.integer({ min: 1, max: 3 }),
    phases: fc.array(
      fc.tuple(fc.constantFrom<SlotPhase>("EMPTY", "PROPOSED", "ACTIVE", "ACTIVE", "ENDED"), fc.boolean()),
      { minLength: 15, maxLength: 15 },
    ),
  })
  .map(({ n, pieces, phases }) => ({
    n,
    rows: Array.from({ length: n * pieces }, (_, i) =>
      slot(Math.floor(i / n), i % n, phases[i]![0], phases[i]![0] === "ACTIVE" && phases[i]![1]),
    ),
  }));

describe("packageStateOf", () => {
  it("says STORED only when every shard is live or over, and LOST only when a piece has fewer than k", () => {
    fc.assert(
      fc.property(
        slots,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom<PackageState>("PLACING", "STORED", "DEGRADED", "LOST"),
        ({ n, rows }, k, before) => {
          fc.pre(k <= n);
          const state = packageStateOf({ state: before, k }, rows);
          const over = rows.filter((row) => row.state.phase === "ENDED").length;
          const live = rows.filter((row) => row.state.phase === "ACTIVE" && !row.state.healing).length;
          if (over === rows.length) expect(state).toBe("EXPIRED");
          else if (live + over === rows.length) expect(state).toBe("STORED");
          else if (before === "PLACING") expect(state).toBe("PLACING");
          else expect(["DEGRADED", "LOST"]).toContain(state);
        },
      ),
    );
  });

  it("leaves other states alone", () => {
    const rows = [slot(0, 0, "ACTIVE")];
    for (const state of [
      "RECEIVING",
      "COMMITTING",
      "COMMITTED",
      "ENDING",
      "REMOVED",
      "EXPIRED",
      "ABANDONED",
    ] as const) {
      expect(packageStateOf({ state, k: 1 }, rows)).toBe(state);
    }
  });

  it("counts the weakest piece", () => {
    const rows = [slot(0, 0, "ACTIVE"), slot(0, 1, "ACTIVE"), slot(1, 0, "ACTIVE"), slot(1, 1, "EMPTY")];
    expect(packageStateOf({ state: "STORED", k: 1 }, rows)).toBe("DEGRADED");
    expect(packageStateOf({ state: "STORED", k: 2 }, rows)).toBe("LOST");
  });
});
