import { chmodSync, mkdirSync, statSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { scratch } from "../../test/helpers.ts";
import { finishRoot } from "./place-tree.ts";

describe("finishRoot", () => {
  const dir = scratch();
  afterAll(dir.remove);

  // Only root can make a folder that belongs to another.
  it.runIf(process.geteuid?.() === 0)("leaves the folder of another as it is, and says so", async () => {
    const target = dir.join("theirs");
    mkdirSync(target);
    chmodSync(dir.path, 0o755);
    chmodSync(target, 0o777);
    const root = { kind: "directory", parent: 0, name: "r", mode: 0o700, seconds: 7, nanoseconds: 0 } as const;
    const placed = [{ entry: root, path: "" }];
    process.seteuid?.(65_534);
    try {
      expect(await finishRoot(placed, Buffer.from(target))).toMatchObject({ rootKept: true });
    } finally {
      process.seteuid?.(0);
    }
    expect(statSync(target).mode & 0o777).toBe(0o777);
    expect(await finishRoot(placed, Buffer.from(target))).toMatchObject({ rootKept: false });
    expect(statSync(target)).toMatchObject({ mtimeMs: 7000 });
  });
});
