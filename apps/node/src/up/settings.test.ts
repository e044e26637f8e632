import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { homeAt } from "../home/home.ts";
import { homeSettings } from "./settings.ts";

describe("the chain's port", () => {
  it("is the one asked for, which the home keeps, or a free one", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cairn-settings-"));
    try {
      const home = homeAt(directory);
      const first = await homeSettings(home, { providers: 0 });
      expect((await homeSettings(home, { chainPort: 45_678 })).chainPort).toBe(45_678);
      expect((await homeSettings(home, {})).chainPort).toBe(45_678);
      const free = await homeSettings(home, { chainPort: 0 });
      expect(free.chainPort).toBeGreaterThan(0);
      expect(free.chainPort).not.toBe(45_678);
      expect({ ...free, chainPort: first.chainPort }).toEqual(first);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

it.each([
  [1, "home-too-old"],
  [3, "home-too-new"],
])("refuses a home of format %i", async (format, code) => {
  const directory = mkdtempSync(join(tmpdir(), "cairn-settings-"));
  try {
    const home = homeAt(directory);
    const settings = await homeSettings(home, { providers: 0 });
    writeFileSync(home.settingsFile, JSON.stringify({ ...settings, format }));
    await expect(homeSettings(home, {})).rejects.toMatchObject({ code, kind: "conflict" });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
