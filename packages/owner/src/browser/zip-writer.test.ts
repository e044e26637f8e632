import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { Crc32 } from "./crc-32.ts";
import { type ZipEntry, ZipWriter } from "./zip-writer.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-zip-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const entry = (path: string, size?: number): ZipEntry => ({
  ...{ path, kind: "file", mode: 0o644, seconds: 1_700_000_001 },
  ...(size === undefined ? {} : { size }),
});

async function* once(bytes: Uint8Array, times = 1): AsyncGenerator<Uint8Array> {
  for (let time = 0; time < times; time++) yield bytes;
}

/** Writes a zip; what is all zeros becomes a hole. */
async function written(name: string, fill: (zip: ZipWriter) => Promise<void>): Promise<string> {
  const path = join(directory, name);
  const fd = openSync(path, "w");
  let at = 0;
  const hole = Buffer.alloc(8_388_608);
  const zip = new ZipWriter(async (bytes) => {
    if (bytes.length < hole.length || !hole.equals(bytes)) writeSync(fd, bytes, 0, bytes.length, at);
    at += bytes.length;
  });
  await fill(zip);
  await zip.finish();
  ftruncateSync(fd, at);
  closeSync(fd);
  return path;
}

const python = (script: string, path: string): string =>
  execFileSync("python3", ["-c", script, path]).toString().trim();

it("sums as zlib does", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 })), (parts) => {
      const sum = new Crc32();
      for (const part of parts) sum.update(part);
      expect(sum.value).toBe(crc32(Buffer.concat(parts)));
    }),
  );
});

it("is read by others with more entries than sixteen bits count, and a content of unknown length", async () => {
  const path = await written("many.zip", async (zip) => {
    for (let number = 0; number < 70_000; number++) await zip.add({ ...entry(`d${number}`), kind: "directory" });
    await zip.add(entry("unknown"), once(Buffer.from("hello")));
  });
  const script =
    "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(len(z.namelist()),z.read('unknown').decode())";
  expect(python(script, path)).toBe("70001 hello");
});

it("is read by others with a content and an offset behind four gibibytes", async () => {
  const long = 8_388_608 * 520;
  const path = await written("long.zip", async (zip) => {
    await zip.add(entry("long", long), once(Buffer.alloc(8_388_608), 520));
    await zip.add(entry("behind", 6), once(Buffer.from("behind")));
  });
  const script =
    "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(z.getinfo('long').file_size,z.read('behind').decode(),z.getinfo('behind').date_time[0])";
  expect(python(script, path)).toBe(`${long} behind 2023`);
});
