import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAP_GWEI, HALVING_SLOTS, REWARD_GWEI, rewardBetween, slotAt, supplyAt } from "./emission.ts";

const COIN = 1_000_000_000n;
const rewardAt = (slot: bigint, initial = 0n) => rewardBetween(slot - 1n, slot, initial);

describe("emission", () => {
  it("pays 40 coins in the first 6,307,200 slots and 20 from the next on", () => {
    expect(rewardAt(1n)).toBe(40n * COIN);
    expect(rewardAt(HALVING_SLOTS)).toBe(40n * COIN);
    expect(rewardAt(HALVING_SLOTS + 1n)).toBe(20n * COIN);
    expect(rewardAt(2n * HALVING_SLOTS)).toBe(20n * COIN);
    expect(rewardAt(2n * HALVING_SLOTS + 1n)).toBe(10n * COIN);
  });

  it("has issued what the table says at the end of each of the first seven periods", () => {
    const table = [252_288_000n, 378_432_000n, 441_504_000n, 473_040_000n, 488_808_000n, 496_692_000n, 500_000_000n];
    for (const [period, coins] of table.entries()) {
      expect(supplyAt(BigInt(period + 1) * HALVING_SLOTS)).toBe(coins * COIN);
    }
  });

  it("ends in the seventh period with exactly the cap", () => {
    const last = 6n * HALVING_SLOTS + ((500_000_000n - 496_692_000n) * COIN) / (REWARD_GWEI >> 6n);
    expect(supplyAt(last)).toBe(CAP_GWEI);
    expect(rewardAt(last)).toBe(REWARD_GWEI >> 6n);
    expect(rewardAt(last + 1n)).toBe(0n);
    expect(supplyAt(100n * HALVING_SLOTS)).toBe(CAP_GWEI);
  });

  it("counts genesis balances against the cap and never takes coins away", () => {
    expect(supplyAt(0n, 7n)).toBe(7n);
    expect(rewardAt(1n, CAP_GWEI - 5n)).toBe(5n);
    expect(rewardAt(1n, CAP_GWEI + 5n)).toBe(0n);
  });

  it("follows time: however a stretch is cut into blocks, it brings the same coins, and none twice in one slot", () => {
    const rules = { genesisTime: 1000, blockSeconds: 10 };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400_000_000 }), { minLength: 1, maxLength: 40 }),
        fc.bigInt(0n, CAP_GWEI),
        (gaps, initial) => {
          let [time, issued] = [1000n, initial];
          for (const gap of gaps) {
            const [from, to] = [slotAt(time, rules), slotAt(time + BigInt(gap), rules)];
            issued += rewardBetween(from, to, initial);
            expect(rewardBetween(to, to, initial)).toBe(0n);
            time += BigInt(gap);
          }
          expect(issued).toBe(supplyAt(slotAt(time, rules), initial));
          expect(issued).toBeLessThanOrEqual(CAP_GWEI);
        },
      ),
    );
  });

  it("is the sum of its rewards, and monotone", () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 60_000_000n),
        fc.integer({ min: 1, max: 50 }),
        fc.bigInt(0n, CAP_GWEI),
        (from, count, initial) => {
          let sum = supplyAt(from, initial);
          for (let i = 1n; i <= BigInt(count); i++) {
            const reward = rewardAt(from + i, initial);
            expect(reward).toBeGreaterThanOrEqual(0n);
            sum += reward;
          }
          expect(supplyAt(from + BigInt(count), initial)).toBe(sum);
        },
      ),
    );
  });
});
