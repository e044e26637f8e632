import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LOG_RANGE, openLogReader } from "./read-logs.ts";
import { type Rpc, RpcError } from "./rpc.ts";

interface Limits {
  range: number;
  results: number;
}

/** A node that holds logs at these heights and refuses what its limits forbid, as Lotus does. */
function node(heights: number[], limits: Limits, asked: { from: number; to: number }[]): Rpc {
  return {
    url: "http://limited",
    onNewHead: async () => () => undefined,
    waitForBlock: async () => false,
    close: async () => undefined,
    async request<T>(_: string, params: readonly unknown[]): Promise<T> {
      const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
      const [from, to] = [Number(fromBlock), Number(toBlock)];
      asked.push({ from, to });
      if (to - from + 1 > limits.range) throw new RpcError("block range too large", -32000, undefined);
      const inside = heights
        .map((height, logIndex) => ({ height, logIndex }))
        .filter(({ height }) => height >= from && height <= to);
      if (inside.length > limits.results) throw new RpcError("too many results", -32005, undefined);
      return inside
        .map(({ height, logIndex }) => ({
          blockNumber: `0x${height.toString(16)}`,
          logIndex: `0x${logIndex.toString(16)}`,
        }))
        .reverse() as T;
    },
  };
}

describe("openLogReader", () => {
  it("reads each log once and in order, whatever the node's limits", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 80 }).map((heights) => heights.sort((a, b) => a - b)),
        fc.record({ range: fc.integer({ min: 1, max: 3000 }), results: fc.integer({ min: 80, max: 100 }) }),
        fc.integer({ min: 0, max: 200 }),
        async (heights, limits, from) => {
          const asked: { from: number; to: number }[] = [];
          const to = from + (limits.range < 20 ? 300 : 4800);
          const logs = await openLogReader(node(heights, limits, asked), []).read(from, to);
          const expected = heights.flatMap((height, index) => (height >= from && height <= to ? [index] : []));
          expect(logs.map(({ logIndex }) => Number(logIndex))).toEqual(expected);
          expect(Math.max(...asked.map((range) => range.to - range.from + 1))).toBeLessThanOrEqual(MAX_LOG_RANGE);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("halves for many results, and gives up on a block that alone has too many", async () => {
    const asked: { from: number; to: number }[] = [];
    const heights = Array.from({ length: 64 }, (_, i) => i * 10);
    const logs = await openLogReader(node(heights, { range: 5000, results: 4 }, asked), []).read(0, 1000);
    expect(logs).toHaveLength(64);
    const crowded = openLogReader(node([7, 7, 7], { range: 5000, results: 2 }, asked), []);
    await expect(crowded.read(0, 10)).rejects.toThrow("too many results");
  });

  it("does not narrow its window for a chain that cannot be reached", async () => {
    let calls = 0;
    const dead: Rpc = {
      ...node([], { range: 1, results: 1 }, []),
      request: async () => {
        calls++;
        throw new Error("unreachable");
      },
    };
    await expect(openLogReader(dead, []).read(0, 100)).rejects.toThrow("unreachable");
    expect(calls).toBe(1);
  });
});
