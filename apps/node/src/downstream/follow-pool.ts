import { statSync } from "node:fs";
import type { ChunkPool, DownstreamSettings } from "@cairn/doors/downstream";
import type { Logger } from "pino";
import type { Home } from "../home/home.ts";
import { downstreamSettingsPath, readDownstreamFile } from "./settings.ts";

const LOOK_MILLISECONDS = 2_000;

/**
 * Lets a running node take up what `cairn downstream maintain` writes into the settings: the pool's sizes, and nothing else of the file.
 * Returns what ends it.
 */
export function followPool(home: Home, pool: DownstreamSettings["pool"], chunks: ChunkPool, log: Logger): () => void {
  const path = downstreamSettingsPath(home);
  const changed = (): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  let seen = changed();
  let present = JSON.stringify(pool);
  const look = async () => {
    const at = changed();
    if (at === seen) return;
    seen = at;
    try {
      const { pool: wanted } = await readDownstreamFile(home);
      if (wanted === undefined || JSON.stringify(wanted) === present) return;
      chunks.keepAs(wanted);
      present = JSON.stringify(wanted);
      log.info({ pool: wanted }, "the pool is kept as the settings say now");
    } catch (error) {
      log.warn({ error: (error as Error).message }, "the changed settings cannot be read");
    }
  };
  const timer = setInterval(() => void look(), LOOK_MILLISECONDS);
  return () => clearInterval(timer);
}
