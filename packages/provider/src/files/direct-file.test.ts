import { constants } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BULK_BYTES, openDirect, PAGE, wholePages, withBulkBuffers } from "./direct-file.ts";

async function inDirectory(parent: string, work: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(parent, "cairn-direct-"));
  try {
    await work(join(directory, "file"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("openDirect", () => {
  // /dev/shm is in memory, where some systems know no direct I/O.
  for (const parent of [tmpdir(), "/dev/shm"]) {
    it(`writes and reads whole pages under ${parent}`, () =>
      inDirectory(parent, async (path) => {
        const length = BULK_BYTES + PAGE + 17;
        await withBulkBuffers(async ([one, other]) => {
          const file = await openDirect(path, constants.O_RDWR | constants.O_CREAT, 0o600);
          await file.write(one.fill(1), 0, BULK_BYTES, 0);
          const tail = wholePages(other.fill(2).subarray(0, length - BULK_BYTES));
          expect(tail.length).toBe(2 * PAGE);
          await file.write(tail, 0, tail.length, BULK_BYTES);
          await file.truncate(length);
          await file.sync();
          expect((await file.read(one, 0, BULK_BYTES, BULK_BYTES)).bytesRead).toBe(PAGE + 17);
          expect(one.subarray(0, PAGE + 17).every((byte) => byte === 2)).toBe(true);
          await file.close();
        });
        const content = await readFile(path);
        expect(content.length).toBe(length);
        expect(content.subarray(0, BULK_BYTES).every((byte) => byte === 1)).toBe(true);
        expect(content.subarray(BULK_BYTES).every((byte) => byte === 2)).toBe(true);
        expect((await stat(path)).mode & 0o777).toBe(0o600);
      }));
  }

  it("passes on why a file cannot be opened", async () => {
    await expect(openDirect(join(tmpdir(), "cairn", "no", "such"), constants.O_RDONLY)).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

describe("withBulkBuffers", () => {
  it("gives nobody the buffers of another who still uses them", async () => {
    await withBulkBuffers(async ([first]) => {
      await withBulkBuffers(async ([second]) => {
        expect(second.buffer).not.toBe(first.buffer);
      });
    });
  });
});

describe("wholePages", () => {
  it("fills the last page with zeros and leaves what is behind it", () => {
    const bytes = new Uint8Array(3 * PAGE).fill(9);
    const pages = wholePages(bytes.subarray(0, PAGE + 1));
    expect(pages.length).toBe(2 * PAGE);
    expect(pages.indexOf(0)).toBe(PAGE + 1);
    expect(pages.lastIndexOf(9)).toBe(PAGE);
    expect(bytes.indexOf(9, 2 * PAGE)).toBe(2 * PAGE);
  });
});
