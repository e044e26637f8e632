import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildConsole } from "../build/build-console.ts";

/** Of the budget of the first load, gzip: script, style and what they import at once. */
const MOST_BYTES = 250_000;

describe("the built console", () => {
  it("loads its first page with no more than 250 kB, and is built once for the same sources", async () => {
    const folder = await buildConsole();
    const { first, files } = JSON.parse(readFileSync(join(folder, "console.json"), "utf8")) as Record<string, string[]>;
    const sizes = first!.map((name) => [name, statSync(join(folder, `${name}.gz`)).size] as const);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(total, JSON.stringify(sizes)).toBeLessThan(MOST_BYTES);
    // Pages come when they are gone to.
    expect(files!.filter((name) => name.startsWith("page-")).length).toBeGreaterThan(5);
    const { mtimeMs } = statSync(join(folder, "console.json"));
    expect(await buildConsole()).toBe(folder);
    expect(statSync(join(folder, "console.json")).mtimeMs).toBe(mtimeMs);
  });
});
