import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

const MIB = 1_048_576;

/** `files` files of 4 KiB in 500 nested folders, with modes and times of their own. */
export async function makeSmallFiles(path: string, files: number): Promise<void> {
  for (let index = 0; index < files; index++) {
    const folder = join(path, `folder-${index % 20}`, `nested-${Math.floor(index / 20) % 25}`);
    if (index < 500) await mkdir(folder, { recursive: true });
    const file = join(folder, `file-${index}`);
    await writeFile(file, randomBytes(4096));
    if (index % 7 === 0) await chmod(file, 0o600);
    await utimes(file, 1_000_000_000 + index, 1_000_000_000.25 + index);
  }
}

/** One file of random bytes. */
export async function makeLargeFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, "w");
  for (let left = bytes; left > 0; left -= 32 * MIB) await file.write(randomBytes(Math.min(left, 32 * MIB)));
  await file.close();
}
