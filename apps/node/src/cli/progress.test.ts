import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { typeLine } from "../../test/support/outside.ts";

const MODULE = join(import.meta.dirname, "progress.ts");

/** What a bar sends to a terminal of so many columns. */
async function drawn(columns: number): Promise<string> {
  const script = `
    import { withProgress } from ${JSON.stringify(MODULE)};
    await withProgress({ progress: "bar" }, "Encrypting and uploading", "bytes", async ({ update }) => {
      for (const done of [0, 5e6, 1e7]) { update(done, 1e7); await new Promise((next) => setTimeout(next, 150)); }
    });`;
  const command = `stty cols ${columns}; ${process.execPath} --disable-warning=ExperimentalWarning --input-type=module -e '${script}'`;
  const terminal = typeLine(command, tmpdir(), "terminal");
  expect(await terminal.ended).toBe(0);
  return terminal.text();
}

describe("a bar", () => {
  it.each([1, 2, 10, 24, 40, 80, 0])("fits a terminal of %s columns", async (columns) => {
    const lines = (await drawn(columns)).split(/\r+\n|\r/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what the bar erases its line with
    const shown = lines.map((line) => line.replace(/\x1b\[K/g, "")).filter((line) => line !== "");
    expect(shown.length).toBeGreaterThan(1);
    // A line as wide as the terminal would wrap.
    for (const line of shown) expect(line.length, line).toBeLessThan(Math.max(2, columns || 80));
    expect(shown.at(-1)).toContain(columns > 2 || columns === 0 ? "1" : "");
    if (columns === 10) expect(shown.at(-1)).toBe("100 %");
    if (columns === 80 || columns === 0) expect(shown.at(-1)).toMatch(/█{5,30} 10\.0 MB of 10\.0 MB/);
  });
});
