import { realpathSync } from "node:fs";
import { isAtOrBelow } from "@cairn/archive/confined";
import { bytesOfName, displayName } from "@cairn/archive/names";
import { unreadable } from "@cairn/archive/walk";
import { notAllowed } from "./allowed-path.ts";

/**
 * Where a path and the folder above it really are, every link followed.
 * @returns paths in bytes
 * @throws CairnError `unreadable-path`, and `path-not-allowed` where a link leads out of the folder
 */
export function realPlace(path: string, folder: string): { place: Buffer; within: Buffer } {
  const within = real(folder);
  const place = real(path);
  if (isAtOrBelow(place, within)) return { place, within };
  throw notAllowed(`${displayName(path)} leads out of the folder that this gateway's users may store from`);
}

function real(path: string): Buffer {
  try {
    return realpathSync.native(Buffer.from(bytesOfName(path)), { encoding: "buffer" });
  } catch (cause) {
    throw unreadable(displayName(path), cause);
  }
}
