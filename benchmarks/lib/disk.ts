import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BLOCK = 4_194_304;

/** Seconds that this disk takes to write `bytes` and have them on it, in files of at most a piece each as a put makes them. */
export async function writeSeconds(bytes: number, perFile = 1_065_353_216): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-disk-"));
  const block = randomBytes(BLOCK);
  try {
    const started = performance.now();
    for (let left = bytes, number = 0; left > 0; number++) {
      const size = Math.min(left, perFile);
      const file = await open(join(directory, String(number)), "w");
      for (let at = 0; at < size; at += BLOCK) await file.write(block, 0, Math.min(BLOCK, size - at));
      await file.datasync();
      await file.close();
      left -= size;
    }
    return (performance.now() - started) / 1000;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
