import { describe, expect, it } from "vitest";
import { hashOf, type Place, placeOf } from "./place.ts";

const id = "0123456789abcdef0123456789abcdef";

describe("a place in the files", () => {
  it("comes back from its address, whatever names are in it", () => {
    const places: Place[] = [
      { path: [] },
      { package: id, path: [] },
      { package: id, path: ["Photos", "2026 & more", "a=b#c?.jpg", "ünï/ \\xff", "50%"] },
      { path: [], find: "cat & dog=1" },
      { package: id, path: ["a"], find: "x" },
    ];
    for (const place of places) expect(placeOf(`#${hashOf(place)}`)).toEqual(place);
    expect(hashOf({ package: id, path: ["Photos", "2026"] })).toBe(`in=${id}/Photos/2026`);
  });

  it("is nowhere for an address that says nothing of the kind", () => {
    for (const hash of [
      "",
      "#",
      "#x",
      "#in=",
      "#in=../..",
      `#in=${id}/%E0%A4%A`,
      "#find=",
      "#find=%",
      "#in=javascript:alert(1)",
    ]) {
      expect([hash, placeOf(hash)]).toEqual([hash, { path: [] }]);
    }
  });
});
