import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { list } from "tar";
import { expect, it } from "vitest";
import { backup } from "./backup.ts";

const KEPT = ["home.json", "account/account.json", "provider/keys/cold.json"];
/** Plaintext and records of interrupted puts, and what is made anew. */
const LEFT_OUT = ["stdin/1-2-x/plain", "puts/record", "logs/up.log", "gateway/spool/part", "run.json", "lock"];

it("takes no plaintext that an interrupted put left, and nothing that is made anew", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cairn-backup-"));
  try {
    const home = join(directory, "home");
    for (const path of [...KEPT, ...LEFT_OUT.filter((one) => one !== "lock")]) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), "{}");
    }
    const file = join(directory, "backup.tgz");
    await backup(file, { home, json: true });
    const found: string[] = [];
    await list({ file, onReadEntry: ({ path, type }) => void (type === "File" && found.push(path.replace("./", ""))) });
    expect(found.sort()).toEqual([...KEPT].sort());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
