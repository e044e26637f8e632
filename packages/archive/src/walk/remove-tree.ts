import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { atPath } from "./at-path.ts";

/** Entries between two turns of the event loop. */
const STRIDE = 512;
const OWNER_ALL = 0o700;

/** Removes a tree of any depth and size, directories that are closed to their owner included. What is missing is no error. */
export async function removeTree(path: Uint8Array): Promise<void> {
  const pending: { path: Buffer; emptied: boolean }[] = [{ path: Buffer.from(path), emptied: false }];
  let seen = 0;
  for (let next = pending.at(-1); next; next = pending.at(-1)) {
    if (next.emptied) {
      pending.pop();
      missingIsFine(next.path, rmdirSync);
      continue;
    }
    next.emptied = true;
    const stats = atPath(next.path, (place) => lstatSync(place, { throwIfNoEntry: false }));
    if (!stats?.isDirectory()) {
      pending.pop();
      if (stats) missingIsFine(next.path, unlinkSync);
      continue;
    }
    if ((stats.mode & OWNER_ALL) !== OWNER_ALL) atPath(next.path, (place) => chmodSync(place, OWNER_ALL));
    for (const child of atPath(next.path, (place) => readdirSync(place, { withFileTypes: true, encoding: "buffer" }))) {
      if (++seen % STRIDE === 0) await breathe();
      const place = Buffer.concat([next.path, Buffer.from("/"), child.name]);
      if (child.isDirectory()) pending.push({ path: place, emptied: false });
      else missingIsFine(place, unlinkSync);
    }
  }
}

function missingIsFine(path: Buffer, act: (path: Buffer) => void): void {
  try {
    atPath(path, act);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
