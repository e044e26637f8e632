import type { Restored } from "@cairn/archive";
import type { Destination } from "../get.ts";

/** What now exists at `path`. */
export type Placed = Pick<Restored, "path" | "files" | "bytes"> & { rootKept: boolean };

/** A path that does not exist yet, or an empty folder; for one file also a folder that is there. What comes appears when it is whole. */
export function folderDestination(destination: string): Destination<Placed> {
  // Loaded when there is something to restore.
  const archive = () => import("@cairn/archive");
  return {
    assertFree: async (file) => (await archive()).assertDestinationFree(destination, file),
    takeWhole: async (whole) => (await archive()).restoreFolder({ ...whole, destination }),
    takePath: async (part) => (await archive()).restorePath({ ...part, destination }),
    takeBytes: async (file) => ({
      files: 1,
      rootKept: false,
      ...(await (await archive()).restoreStream({ ...file, destination })),
    }),
  };
}
