import { chmodSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serverAccount } from "./server-account.ts";
import { copyInto, installedPackage, isOurs, missingLinks, runs } from "./server-binaries.ts";

const scratch = mkdtempSync(join(tmpdir(), "cairn-binaries-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("a copy of the server's programs", () => {
  it("runs for the server's account and has every link", () => {
    chmodSync(scratch, 0o755);
    const found = installedPackage();
    const copy = copyInto(scratch, found);
    expect(missingLinks(copy)).toEqual([]);
    expect(runs(copy, serverAccount())).toBe(true);
    const made = lstatSync(copy).ctimeMs;
    expect(copyInto(scratch, found)).toBe(copy);
    expect(lstatSync(copy).ctimeMs).toBe(made);
  });

  it("is not trusted where others can write, or behind a closed directory", () => {
    const copy = copyInto(scratch, installedPackage());
    chmodSync(join(copy, ".."), 0o777);
    expect(isOurs(join(copy, ".."))).toBe(false);
    chmodSync(join(copy, ".."), 0o755);
    if (serverAccount()) {
      chmodSync(scratch, 0o700);
      expect(runs(copy, serverAccount())).toBe(false);
    }
  });
});
