import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A folder and those above it that are missing, one after the other, for their owner alone. A recursive `mkdir` of Node never ends where the
 * system makes no folders, as below /proc.
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at; at = dirname(at)) {
    missing.push(at);
  }
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
