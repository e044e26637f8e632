// Puts objects of random size, named by their SHA-256, until it is killed; prints each key once it is stored.
import { createHash, randomBytes, randomInt } from "node:crypto";
import { openFileBlobStore } from "../src/index.ts";

const [directory = "", prefix = ""] = process.argv.slice(2);
const store = await openFileBlobStore(directory);

async function* cut(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function work(name: string): Promise<never> {
  for (;;) {
    const bytes = randomBytes(randomInt(3_000_000));
    const key = `${prefix}/${name}/${createHash("sha256").update(bytes).digest("hex")}`;
    await store.putIfAbsent(key, cut(bytes));
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all([work("one"), work("two")]);
