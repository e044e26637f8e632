import { describe, expect, it } from "vitest";
import { differences } from "./diff.ts";

const file = (size: number, seconds = 1, mode = 0o644) => ({
  kind: "file" as const,
  size,
  mode,
  seconds,
  nanoseconds: 0,
});
const folder = { kind: "directory" as const, mode: 0o755, seconds: 1, nanoseconds: 0 };

describe("differences", () => {
  it("names what is gone, new or another, and nothing else", () => {
    const stored = [
      { path: "", entry: folder },
      { path: "same", entry: file(1) },
      { path: "gone", entry: file(1) },
      { path: "grown", entry: file(1) },
      { path: "mode", entry: file(1) },
      { path: "kind", entry: file(1) },
    ];
    const here = [
      { path: "", entry: { ...folder, seconds: 9 } },
      { path: "same", entry: file(1) },
      { path: "grown", entry: file(2, 5) },
      { path: "mode", entry: file(1, 1, 0o600) },
      { path: "kind", entry: folder },
      { path: "new", entry: file(1) },
    ];
    expect(differences(stored, here)).toEqual([
      { path: "gone", change: "removed", what: [] },
      { path: "grown", change: "changed", what: ["size", "time"] },
      { path: "kind", change: "changed", what: ["kind"] },
      { path: "mode", change: "changed", what: ["mode"] },
      { path: "new", change: "added", what: [] },
    ]);
    expect(differences(stored, stored)).toEqual([]);
  });
});
