import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { packagesFinding, withoutIdleNext } from "./doctor.ts";

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

it("does not say of what is lost that it repairs itself", () => {
  expect(packagesFinding({ packages: 2, atFullStrength: 2, lost: 0 }).verdict).toBe("good");
  const wounded = packagesFinding({ packages: 2, atFullStrength: 1, lost: 0 });
  expect(wounded).toMatchObject({ verdict: "warning", next: expect.stringContaining("Repair goes on by itself") });
  const lost = packagesFinding({ packages: 2, atFullStrength: 1, lost: 1 });
  expect(lost).toMatchObject({ verdict: "bad", found: "1 of 2 at full strength, 1 lost" });
  expect(lost.next).not.toContain("by itself");
});
