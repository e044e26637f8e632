import { createHash, randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A tree of everything that folders do to those who store them. */
export async function makeOddTree(path: string): Promise<void> {
  const long = "n".repeat(255);
  await mkdir(join(path, "empty folder", "inside"), { recursive: true });
  await mkdir(join(path, "ünï", "日本語", "🪨"), { recursive: true });
  await writeFile(join(path, "empty"), "");
  await writeFile(join(path, "one"), "1");
  await writeFile(join(path, long), "long name\n");
  await writeFile(join(path, "ünï", "日本語", "🪨", "cairn"), randomBytes(300_000));
  await writeFile(join(path, "e\u0301 decomposed"), "nfd");
  await writeFile(join(path, "\u00e9 composed"), "nfc");
  await writeFile(join(path, " spaces  and\ttabs\nnewline "), "odd");
  await writeFile(join(path, "-rf"), "dash");
  await writeFile(join(path, "just a mebibyte"), randomBytes(1_048_576));
  await writeFile(join(path, "more"), randomBytes(2_500_001));
  await writeFile(join(path, "secret"), "hush");
  await chmod(join(path, "secret"), 0o600);
  await writeFile(join(path, "run.sh"), "#!/bin/sh\n");
  await chmod(join(path, "run.sh"), 0o755);
  await symlink("one", join(path, "link"));
  await symlink("../nowhere/at all", join(path, "dangling"));
  await utimes(join(path, "one"), 1_000_000_000.123456, 1_000_000_000.123456);
  await utimes(join(path, "empty folder"), 1_234_567_890, 1_234_567_890);
}

/** One hash over names, kinds, modes, times, link targets and contents. */
export async function fingerprint(path: string): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (at: string, name: string): Promise<void> => {
    const found = await lstat(at, { bigint: true });
    if (found.isSymbolicLink()) {
      hash.update(`link ${name} ${await readlink(at)}\n`);
      return;
    }
    hash.update(`${found.isDirectory() ? "dir" : "file"} ${name} ${found.mode & 0o7777n} ${found.mtimeNs / 1000n}\n`);
    if (!found.isDirectory()) {
      hash.update(await readFile(at));
      return;
    }
    for (const entry of (await readdir(at)).sort()) await visit(join(at, entry), `${name}/${entry}`);
  };
  await visit(path, "");
  return hash.digest("hex");
}
