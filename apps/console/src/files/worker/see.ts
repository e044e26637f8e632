import { readFile, SNIFFED_BYTES, sniffType } from "@cairn/archive/browser";
import { CairnError } from "@cairn/protocol/errors";
import type { Item, Seen } from "../messages.ts";
import { pixelsOf } from "../pixels/pixels-of.ts";
import type { OpenPackages } from "./open-packages.ts";

/** A file's first bytes, or all of them where they are no more than `most`, and what they show it to be; its name has no part in it. */
export async function see(
  packages: OpenPackages,
  { package: id, index, most }: Item & { most: number },
  signal: AbortSignal,
): Promise<Seen> {
  const { manifest, tree } = await packages.open(id);
  const entry = tree.entries[index];
  if (entry?.kind !== "file") {
    throw new CairnError("this is no file", { code: "not-a-file", kind: "input", next: "Choose a file." });
  }
  const end = Math.min(entry.size, most);
  const whole = end === entry.size;
  const bytes = new Uint8Array(end);
  let at = 0;
  const reading = readFile({
    ...{ manifest, key: await packages.key(), path: "", entry, getBlocks: packages.blocks(id, signal) },
    ...(whole ? {} : { range: { start: 0, end } }),
  });
  for await (const part of reading) {
    signal.throwIfAborted();
    bytes.set(part, at);
    at += part.length;
  }
  const type = sniffType(bytes.subarray(0, SNIFFED_BYTES));
  return { type, bytes, isCut: !whole, pixels: whole ? pixelsOf(type, bytes) : undefined };
}
