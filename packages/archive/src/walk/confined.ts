import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { CairnError } from "@cairn/protocol/errors";
import { atPath, O_PATH } from "./at-path.ts";
import { displayName, nameOfBytes } from "./names.ts";

export { O_PATH };

const SLASH = 0x2f;

/** Whether a path, as the system writes it, is a folder's or of something below it. Both in bytes, without a slash at the end. */
export function isAtOrBelow(path: Uint8Array, folder: Uint8Array): boolean {
  const [of, above] = [Buffer.from(path), Buffer.from(folder)];
  if (of.equals(above)) return true;
  const from = above.at(-1) === SLASH ? above : Buffer.concat([above, Buffer.from([SLASH])]);
  return of.length > from.length && of.subarray(0, from.length).equals(from);
}

/**
 * As `atPath`, for trees in which somebody else may put a symbolic link in a folder's place at any time: `act` gets a way by the folder that holds `path`,
 * which was opened and lies below `within` by what the system itself says of it. `act` must not follow a link at the end of what it gets. Linux alone.
 * @param within a real path, in bytes
 * @throws CairnError `path-not-allowed`
 */
export function confined<T>(path: Uint8Array, within: Uint8Array, act: (path: Buffer) => T): T {
  const whole = Buffer.from(path);
  // The folder itself was named by whoever allowed it.
  if (whole.equals(Buffer.from(within))) return atPath(whole, act);
  const cut = whole.lastIndexOf(SLASH);
  return inFolder(whole.subarray(0, cut), within, constants.O_DIRECTORY, (folder) =>
    act(Buffer.concat([folder, whole.subarray(cut)])),
  );
}

/** As `confined`, for what is done with a folder itself, such as to list it: a link in its place is refused. */
export function confinedFolder<T>(path: Uint8Array, within: Uint8Array, act: (path: Buffer) => T): T {
  return inFolder(Buffer.from(path), within, constants.O_DIRECTORY | constants.O_NOFOLLOW, act);
}

function inFolder<T>(path: Buffer, within: Uint8Array, flags: number, act: (path: Buffer) => T): T {
  const fd = atPath(path, (place) => openSync(place, O_PATH | flags));
  try {
    const open = Buffer.from(`/proc/self/fd/${fd}`);
    if (!isAtOrBelow(readlinkSync(open, { encoding: "buffer" }), within)) throw outside(path);
    return act(open);
  } finally {
    closeSync(fd);
  }
}

function outside(path: Uint8Array): CairnError {
  return new CairnError(`${displayName(nameOfBytes(path))} leads out of the folder that may be stored from`, {
    code: "path-not-allowed",
    kind: "input",
  });
}
