import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

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
