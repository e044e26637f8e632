import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_GROUPS } from "@cairn/protocol/error-codes";
import type { ErrorEntry } from "@cairn/protocol/error-codes/entry";
import { describe, expect, it } from "vitest";
import { raisedCodes } from "./raised-codes.ts";
import { root } from "./run-program.ts";

interface Row {
  code: string;
  entry: ErrorEntry;
  rooms: readonly string[];
}

const rows: Row[] = ERROR_GROUPS.flatMap(({ errors, rooms }) =>
  Object.entries<ErrorEntry>(errors).map(([code, entry]) => ({ code, entry, rooms })),
);
const raised = Map.groupBy(raisedCodes(new Set(rows.map(({ code }) => code))), ({ code }) => code);
const roomsOf = (code: string): Set<string> => new Set((raised.get(code) ?? []).map(({ room }) => room));
const kindsOf = ({ kind }: ErrorEntry): string[] => [kind].flat();

/** That every raised code is in the table is a matter of types: `CairnError` takes no other. */
describe("the table of error codes", () => {
  it("has each code once", () => {
    const codes = rows.map(({ code }) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  });

  it("has no code that nothing raises", () => {
    expect(rows.filter(({ code }) => !raised.has(code)).map(({ code }) => code)).toEqual([]);
  });

  it("files each code under the rooms that raise it", () => {
    const groups = ERROR_GROUPS.map(({ rooms }): readonly string[] => rooms).filter((rooms) => rooms.length > 0);
    const within = (rooms: readonly string[], code: string) => [...roomsOf(code)].every((room) => rooms.includes(room));
    const misfiled = rows.filter(({ code, rooms }) =>
      rooms.length === 0 ? groups.some((of) => within(of, code)) : !within(rooms, code),
    );
    expect(misfiled.map(({ code }) => `${code}: ${[...roomsOf(code)].join(", ")}`)).toEqual([]);
  });

  it("names the kinds with which each code is raised, and no other", () => {
    const wrong = rows.flatMap(({ code, entry }) => {
      const kinds = kindsOf(entry);
      const found = (raised.get(code) ?? []).map(({ kind }) => kind);
      const unlisted = found.filter((kind) => kind !== undefined && !kinds.includes(kind));
      const unseen = kinds.filter((kind) => !found.includes(kind) && !found.includes(undefined));
      return [...unlisted, ...unseen].map((kind) => `${code}: ${kind}`);
    });
    expect(wrong).toEqual([]);
  });

  it("says what each means as a message, and what to do as a sentence", () => {
    for (const { code, entry } of rows) {
      expect(entry.means, code).toMatch(/^[^.]*[^. ]$/);
      expect(entry.next ?? "None.", code).toMatch(/^[A-Z`0-9].*\S$/);
    }
  });

  it("is printed whole in docs/errors.md", () => {
    const page = readFileSync(join(root, "docs/errors.md"), "utf8");
    for (const { code, entry } of rows) {
      expect(page, code).toContain(
        `| \`${code}\` | ${kindsOf(entry).join(", ")} | ${entry.means} | ${entry.next ?? ""} |`,
      );
    }
  });
});
