// Puts objects of up to 12 MB, named by their SHA-256, until it is killed; prints each key once it is stored. The S3 settings come on standard input.
import { createHash, randomBytes, randomInt } from "node:crypto";
import { text } from "node:stream/consumers";
import { openS3BlobStore } from "../src/index.ts";

const [temporary = "", prefix = ""] = process.argv.slice(2);
const store = await openS3BlobStore(JSON.parse(await text(process.stdin)), { temporary });

async function* cut(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function work(name: string): Promise<never> {
  for (let size = 1_000_000; ; size = 12_000_000) {
    const bytes = randomBytes(randomInt(size));
    const key = `${prefix}/${name}/${createHash("sha256").update(bytes).digest("hex")}`;
    await store.putIfAbsent(key, cut(bytes));
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all([work("one"), work("two")]);
