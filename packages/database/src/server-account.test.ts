import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { postgresAccount, serverAccount } from "./server-account.ts";

describe("postgresAccount", () => {
  it("finds the account, and never root", () => {
    expect(postgresAccount("root:x:0:0::/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n")).toEqual({
      uid: 101,
      gid: 104,
    });
    for (const passwd of ["", "postgres", "postgres:x:0:0::/:/bin/sh", "postgres:x:-1:5:", "mypostgres:x:7:7:"]) {
      expect(postgresAccount(passwd)).toBeUndefined();
    }
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = postgresAccount(`${text}\npostgres:x:5:6:`);
        expect(found?.uid).not.toBe(0);
        expect(found).toBeDefined();
      }),
    );
  });
});

describe("serverAccount", () => {
  it.runIf(process.getuid?.() === 0)(
    "is the owner of a cluster that is there, whatever accounts the machine has",
    () => {
      const data = mkdtempSync(join(tmpdir(), "cairn-account-"));
      chownSync(data, 4_321, 4_322);
      expect(serverAccount(data)).toEqual({ uid: 4_321, gid: 4_322 });
      rmSync(data, { recursive: true });
      expect(serverAccount(data)).toEqual(serverAccount());
    },
  );
});
