import fc from "fast-check";
import { expect, it } from "vitest";
import { Arrivals } from "./arrivals.ts";

it("never lets more in than fits, in whatever order requests begin, bring bytes, are written and end, and the disk answers", () =>
  fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 60 }),
      async (scheduler, requests, limit, before) => {
        let disk = Math.min(before, limit);
        const arrivals = new Arrivals(async () => {
          await scheduler.schedule(Promise.resolve(), "disk is asked");
          const seen = disk;
          await scheduler.schedule(Promise.resolve(), "disk answers");
          return seen;
        });
        const one = async (chunks: number[]) => {
          await scheduler.schedule(Promise.resolve(), "begins");
          const request = arrivals.begin();
          try {
            for (const bytes of chunks) {
              const { taken } = await arrivals.take(request, bytes, limit);
              if (!taken) return;
              await scheduler.schedule(Promise.resolve(), "is written");
              disk += bytes;
            }
          } finally {
            arrivals.end(request);
          }
        };
        const all = Promise.all(requests.map(one));
        await scheduler.waitFor(all);
        expect(disk).toBeLessThanOrEqual(limit);
        expect(arrivals.idle).toBe(true);
      },
    ),
    { numRuns: 300 },
  ));

it("has room again for what the disk gave back while requests go on", async () => {
  let disk = 90;
  const arrivals = new Arrivals(async () => disk);
  const [one, two] = [arrivals.begin(), arrivals.begin()];
  expect(await arrivals.take(one, 10, 100)).toEqual({ taken: true, used: 90 });
  expect(await arrivals.take(two, 1, 100)).toEqual({ taken: false, used: 100 });
  disk = 10;
  expect(await arrivals.take(two, 60, 100)).toEqual({ taken: true, used: 20 });
});
