import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { folderOf } from "./allowed-path.ts";
import { KeptPlaces } from "./kept-places.ts";
import { realPlace } from "./real-place.ts";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "cairn-allowed-")));
const shared = join(directory, "shared");
mkdirSync(join(shared, "a/b"), { recursive: true });
mkdirSync(join(directory, "shared-not/a"), { recursive: true });
writeFileSync(join(directory, "secret"), "x");
symlinkSync("..", join(shared, "up"));
symlinkSync("/", join(shared, "a/root"));
symlinkSync("a/b", join(shared, "inside"));
symlinkSync("loop", join(shared, "loop"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NONE = KeptPlaces.find([]);

describe("a path that may be stored from", () => {
  it("is at or below a named folder, as the system writes it", () => {
    for (const path of [shared, `${shared}/a`, `${shared}/a/b`, `${shared}/…/ x`])
      expect(folderOf(path, [shared])).toBe(shared);
    expect(folderOf("/etc", ["/"])).toBe("/");
  });

  it.each([
    ["a folder beside it", `${directory}/shared-not/a`],
    ["one above", directory],
    ["up and out", `${shared}/../secret`],
    ["up and in again", `${shared}/a/../b`],
    ["a dot", `${shared}/./a`],
    ["two slashes", `${shared}//a`],
    ["a slash at the end", `${shared}/a/`],
    ["relative", "shared/a"],
    ["a zero byte", `${shared}/a\0/../../secret`],
    ["half a character", `${shared}/\ud800`],
    ["too long", `${shared}/${"x".repeat(4096)}`],
    ["nothing", ""],
  ])("is not %s", (_, path) => {
    expect(() => folderOf(path, [shared])).toThrow(expect.objectContaining({ code: "path-not-allowed" }));
  });

  it("is none where the operator names no folder", () => {
    expect(() => folderOf("/", [])).toThrow(/lets nobody/);
  });

  it("does not lead out of the folder by its links, whatever it is called", () => {
    const segment = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "",
        "a",
        "b",
        "up",
        "root",
        "inside",
        "loop",
        "shared",
        "secret",
        "etc",
        "a/root",
        "~",
      ),
      fc.string({ maxLength: 8 }),
      fc.constantFrom("%2e%2e", "..\0", "\u202e..", "..;", "．．", "..\\"),
    );
    const path = fc
      .tuple(fc.constantFrom(shared, `${shared}/`, directory, "", "/"), fc.array(segment, { maxLength: 6 }))
      .map(([start, rest]) => [start, ...rest].join("/"));
    fc.assert(
      fc.property(path, (hostile) => {
        try {
          const { place } = realPlace(hostile, folderOf(hostile, [shared]), NONE);
          expect(`${place}/`.startsWith(`${shared}/`)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(path-not-allowed|unreadable-path)$/) });
        }
      }),
      { numRuns: 3000 },
    );
  });

  // A link in a shared folder, as people leave them, asked for what is elsewhere.
  it.each([
    ["there", "up/secret"],
    ["not there", "up/absent"],
    ["below a file", "up/secret/x"],
    ["a system's secret", "a/root/etc/shadow"],
    ["no file of the system", "a/root/etc/absent"],
    ["a process", `a/root/proc/${process.pid}/fd`],
    ["no process", "a/root/proc/999999999"],
    ["what its user may not read", "a/root/root/.ssh"],
    ["in again", "up/shared/a"],
  ])("says the same of what is elsewhere, whether it is there or not: %s", (_, path) => {
    const said = `${shared}/${path}`;
    let thrown: unknown;
    try {
      realPlace(said, shared, NONE);
    } catch (error) {
      thrown = error;
    }
    const { code, message, details } = thrown as CairnError;
    expect({ code, message, details }).toEqual({
      code: "path-not-allowed",
      message: `${said} leads out of the folder that this gateway's users may store from`,
      details: { field: "path" },
    });
  });

  it("may be named by a link itself, and have links to the folder by both names", () => {
    const named = join(directory, "named");
    for (const [name, target] of [
      ["by-name", `${named}/a`],
      ["by-place", `${shared}/a/./b/`],
      ["down-and-up", "a/b/../../a/b"],
    ] as const)
      symlinkSync(target, join(shared, name));
    symlinkSync(shared, named);
    const placeOf = (path: string) => realPlace(`${named}/${path}`, named, NONE).place.toString();
    expect(placeOf("by-name/b")).toBe(`${shared}/a/b`);
    expect(placeOf("by-place")).toBe(`${shared}/a/b`);
    expect(placeOf("down-and-up")).toBe(`${shared}/a/b`);
    for (const [path, system] of [
      ["loop", "ELOOP"],
      ["absent", "ENOENT"],
    ])
      expect(() => placeOf(path!)).toThrow(
        expect.objectContaining({ code: "unreadable-path", details: { path: `${named}/${path}`, system } }),
      );
  });

  it("may be a link that stays inside", () => {
    expect(realPlace(`${shared}/inside`, shared, NONE).place.toString()).toBe(`${shared}/a/b`);
    for (const out of ["up", "up/secret", "a/root", "a/root/etc"])
      expect(() => realPlace(`${shared}/${out}`, shared, NONE)).toThrow(
        expect.objectContaining({ code: "path-not-allowed" }),
      );
  });
});
