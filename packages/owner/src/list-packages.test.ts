import { expect, it } from "vitest";
import { type KnownPackage, memoryKnownPackages } from "./known-packages.ts";
import { doubtedIn } from "./list-packages.ts";

const HASH = `0x${"1".repeat(64)}` as const;
const known = (id: string, ended: boolean): KnownPackage => ({
  ...{ id, nameHash: HASH, documentHash: HASH, root: "bafy", signedAt: 1, ended },
});

it("a list is doubted where it leaves out what was not ended, and where it goes on with what was", async () => {
  const packages = memoryKnownPackages();
  for (const [id, ended] of [
    ["kept", false],
    ["hidden", false],
    ["ending", true],
    ["over", true],
    ["forgotten", true],
    ["revived", true],
  ] as const) {
    await packages.remember(known(id, ended));
  }
  const doubted = await doubtedIn(
    [
      { id: "kept", state: "DEGRADED" },
      { id: "ending", state: "ENDING" },
      { id: "over", state: "REMOVED" },
      { id: "revived", state: "STORED" },
      { id: "from elsewhere", state: "STORED" },
    ],
    packages,
  );
  expect([...doubted].map(([id, { why }]) => [id, why])).toEqual([
    ["hidden", "missing"],
    ["revived", "ended"],
  ]);
});
