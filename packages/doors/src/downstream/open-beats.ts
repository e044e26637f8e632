import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "@cairn/core";
import { writeNew } from "@cairn/process/durable-file";
import { makeFolders } from "@cairn/process/make-folders";
import { type Beats, createBeats, parseBeats, serialiseBeats } from "./beats.ts";

/**
 * The secrets of the verification node whose folder this is, made at first use: DIRECTORY/heartbeat.json, mode 0600.
 * Throws `downstream-bad-beats`.
 */
export async function openBeats(directory: string, random: Random): Promise<Beats> {
  const path = join(directory, "heartbeat.json");
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found !== undefined) return parseBeats(found);
  makeFolders(directory);
  await writeNew(path, serialiseBeats(createBeats((length) => random.bytes(length))));
  return parseBeats(await readFile(path, "utf8"));
}
