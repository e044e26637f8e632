import { describe, expect, it } from "vitest";
import { amendKnown, type KnownPackage, type KnownPackages, recallByName, recallLiveIds } from "./known-packages.ts";

const name = `0x${"aa".repeat(32)}` as const;
const packageOf = (digit: string, change: Partial<KnownPackage> = {}): KnownPackage => ({
  id: digit.repeat(32),
  nameHash: name,
  documentHash: `0x${digit.repeat(64)}`,
  root: "bafkqaaa",
  signedAt: 1,
  ended: false,
  ...change,
});

/** What every KnownPackages does. `open` gives an empty one. */
export function knownPackagesSuite(title: string, open: () => Promise<KnownPackages>): void {
  describe(title, () => {
    it("is empty at first", async () => {
      const packages = await open();
      expect(await packages.recall("1".repeat(32))).toBeUndefined();
      expect(await packages.ids()).toEqual([]);
      expect(await recallByName(packages, name)).toBeUndefined();
    });

    it("gives back what was signed for", async () => {
      const packages = await open();
      await packages.remember(packageOf("1"));
      expect(await packages.recall("1".repeat(32))).toEqual(packageOf("1"));
      expect(await recallLiveIds(packages, "11111111")).toEqual(["1".repeat(32)]);
      await amendKnown(packages, "1".repeat(32), { ended: true });
      expect(await recallLiveIds(packages, "11111111")).toEqual([]);
    });

    it("finds the one that a name stood for last, whatever the order, and none that ended", async () => {
      const packages = await open();
      await packages.remember(packageOf("1", { signedAt: 5 }));
      await packages.remember(packageOf("2", { signedAt: 9 }));
      await packages.remember(packageOf("3", { signedAt: 7 }));
      await packages.remember(packageOf("4", { signedAt: 99, nameHash: `0x${"bb".repeat(32)}` }));
      expect((await recallByName(packages, name))?.id).toBe("2".repeat(32));
      await amendKnown(packages, "2".repeat(32), { ended: true });
      expect((await recallByName(packages, name))?.id).toBe("3".repeat(32));
      await amendKnown(packages, "3".repeat(32), { nameHash: `0x${"cc".repeat(32)}` });
      expect((await recallByName(packages, name))?.id).toBe("1".repeat(32));
      await packages.forget("1".repeat(32));
      expect(await recallByName(packages, name)).toBeUndefined();
    });

    it("remembers nothing new by an amendment", async () => {
      const packages = await open();
      await amendKnown(packages, "1".repeat(32), { ended: true });
      expect(await packages.recall("1".repeat(32))).toBeUndefined();
    });

    it("knows nothing by what is no id", async () => {
      const packages = await open();
      await packages.remember(packageOf("1"));
      for (const id of ["../account", "..", "", "1".repeat(31), `${"1".repeat(32)}/../../account`]) {
        expect(await packages.recall(id)).toBeUndefined();
        await packages.forget(id);
      }
      expect(await packages.ids()).toEqual(["1".repeat(32)]);
    });
  });
}
