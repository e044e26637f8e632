import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encryptLabel } from "./labels.ts";
import { mainName, namesOf, sideName, withRole } from "./package-name.ts";

const account = { lookupKey: randomBytes(32) };
const OLD = "0a".repeat(16);
const NEW = "1b".repeat(16);
const entry = (id: string, name: string, state: string, createdAt: number) => ({
  id,
  state,
  createdAt,
  label: encryptLabel(account, id, { name, files: 1, bytes: 1 }),
});
const shown = (...packages: ReturnType<typeof entry>[]) => namesOf(account, packages as never).map(withRole);

describe("packages of which one replaces another", () => {
  it("are shown under their one name, and told apart", () => {
    const old = entry(OLD, "photos", "STORED", 1);
    for (const state of ["RECEIVING", "PLACING", "STORED"]) {
      expect(shown(entry(NEW, sideName("photos", NEW), state, 2), old)).toEqual(["photos (replacement)", "photos"]);
    }
    const displaced = (state: string) => entry(OLD, sideName("photos", OLD), state, 1);
    for (const state of ["STORED", "ENDING", "REMOVED"]) {
      expect(shown(entry(NEW, "photos", "STORED", 2), displaced(state))).toEqual(["photos", "photos (replaced)"]);
    }
  });

  it("keep apart when the other has gone", () => {
    expect(shown(entry(NEW, sideName("photos", NEW), "STORED", 2))).toEqual(["photos (replacement)"]);
    expect(shown(entry(NEW, sideName("photos", NEW), "STORED", 2), entry(OLD, "photos", "REMOVED", 3))).toEqual([
      "photos (replacement)",
      "photos",
    ]);
  });

  it("are no others: a name that only looks like a side name stays as it is", () => {
    expect(shown(entry(NEW, `photos~${OLD.slice(0, 8)}`, "STORED", 1))).toEqual([`photos~${OLD.slice(0, 8)}`]);
    expect(mainName("photos~1b1b1b1b1b", NEW)).toBe("photos~1b1b1b1b1b");
    expect(namesOf({ lookupKey: randomBytes(32) }, [entry(NEW, "x", "STORED", 1)] as never)).toMatchObject([
      { name: "(another account's)", role: null },
    ]);
  });
});
