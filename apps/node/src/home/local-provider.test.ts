import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lockHome } from "../supervise/lock-home.ts";
import { homeAt } from "./home.ts";
import { startAgain } from "./local-provider.ts";

it("names a home with a blank in its path as a shell takes it", () => {
  const parent = mkdtempSync(join(tmpdir(), "cairn-blank-"));
  try {
    const home = homeAt(join(parent, "my home"));
    expect(startAgain(home, "provider-1")).toBe(
      `\`cairn provider --directory '${join(home.providers, "1")}' --home '${home.directory}'\``,
    );
    const held = lockHome(home.directory);
    try {
      expect(() => lockHome(home.directory)).toThrow(
        expect.objectContaining({ next: expect.stringContaining(`--home '${home.directory}'\``) }),
      );
    } finally {
      held.release();
    }
  } finally {
    rmSync(parent, { recursive: true });
  }
});
