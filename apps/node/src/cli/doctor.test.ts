import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { withoutIdleNext } from "./doctor.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

it("ends with the code of what is unavailable where no network runs", async () => {
  const home = await mkdtemp(join(tmpdir(), "cairn-doctor-"));
  try {
    const code = await new Promise((resolve) => {
      execFile(process.execPath, [MAIN, "doctor", "--home", home], (failure) => resolve(failure?.code ?? 0));
    });
    expect(code).toBe(6);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

it("says nothing to do about what is good", () => {
  const one = { what: "chain", found: "block 1", next: "Blocks do not come." } as const;
  expect(withoutIdleNext({ ...one, verdict: "good" }).next).toBeNull();
  expect(withoutIdleNext({ ...one, verdict: "bad" }).next).toBe("Blocks do not come.");
});
