import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Beats, createBeats, parseBeats, serialiseBeats } from "@cairn/doors/downstream";
import { type Home, writeNew } from "../home/home.ts";
import { downstreamDirectory } from "./settings.ts";

/**
 * The secrets of the home's verification node, made at first use: HOME/downstream/heartbeat.json, mode 0600.
 * Throws `downstream-bad-beats`.
 */
export async function openBeats(home: Home): Promise<Beats> {
  const path = join(downstreamDirectory(home), "heartbeat.json");
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found !== undefined) return parseBeats(found);
  await writeNew(path, serialiseBeats(await createBeats((length) => randomBytes(length))));
  return parseBeats(await readFile(path, "utf8"));
}
