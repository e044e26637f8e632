import type { Checkpoint } from "@cairn/archive/browser";
import { describe, expect, it } from "vitest";
import type { PutHead, PutRecords } from "./put-records.ts";

const head = (digit: string): PutHead => ({
  id: digit.repeat(32),
  repairKey: "AAAA",
  created: 1_763_000_000,
  terms: { k: 2, n: 4, days: 1, layout: "private", pieceLimit: 1_000_000, replace: false, placement: {} },
});
const checkpoint = (path: string): Checkpoint => ({
  files: [
    {
      ...{ path, size: 3, stored: 200, codec: 0x55, tsize: 200, digest: "AAAA" },
      ...{ mode: 0o644, seconds: 1, nanoseconds: 0, version: "1" },
    },
  ],
  ended: [],
  at: { length: 300, chain: "00" },
});

/** What every PutRecords does. `open` gives the same records each time, as a process or page does that is started again. */
export function putRecordsSuite(title: string, open: () => Promise<PutRecords>): void {
  describe(title, () => {
    it("has nothing at first", async () => {
      const record = await (await open()).open("first");
      expect([record.head, record.checkpoints, await record.manifest()]).toEqual([undefined, [], undefined]);
      await record.close();
    });

    it("gives back what was begun and added, in order, and the manifest", async () => {
      const record = await (await open()).open("second");
      await record.begin(head("1"));
      for (const path of ["a", "b", "ü"]) await record.add(checkpoint(path));
      await record.keepManifest(Uint8Array.of(1, 2, 3));
      await record.close();
      const again = await (await open()).open("second");
      expect(again.head).toEqual(head("1"));
      expect(again.checkpoints).toEqual(["a", "b", "ü"].map(checkpoint));
      expect([...((await again.manifest()) ?? [])]).toEqual([1, 2, 3]);
      await again.begin(head("1"), [checkpoint("a")]);
      await again.add(checkpoint("c"));
      await again.close();
      const third = await (await open()).open("second");
      expect(third.checkpoints).toEqual(["a", "c"].map(checkpoint));
      await third.close();
    });

    it("is had by one at a time, for each name", async () => {
      const record = await (await open()).open("third");
      await expect((await open()).open("third")).rejects.toMatchObject({ code: "put-under-way" });
      const other = await (await open()).open("another");
      await other.close();
      await record.close();
      await (await (await open()).open("third")).close();
    });

    it("forgets, and not what is under way", async () => {
      const record = await (await open()).open("fourth");
      await record.begin(head("4"));
      await (await open()).forget("fourth");
      await record.close();
      const still = await (await open()).open("fourth");
      expect(still.head).toEqual(head("4"));
      await still.keepManifest(Uint8Array.of(1));
      await still.forget();
      await still.close();
      const gone = await (await open()).open("fourth");
      expect([gone.head, gone.checkpoints, await gone.manifest()]).toEqual([undefined, [], undefined]);
      await gone.begin(head("5"));
      await gone.close();
      await (await open()).forget("fourth");
      const after = await (await open()).open("fourth");
      expect(after.head).toBeUndefined();
      await after.close();
    });

    it("adds nothing once it is closed", async () => {
      const record = await (await open()).open("fifth");
      await record.begin(head("6"));
      await record.close();
      await record.add(checkpoint("late"));
      const again = await (await open()).open("fifth");
      expect(again.checkpoints).toEqual([]);
      await again.close();
    });
  });
}
