import type { Destination, Restored } from "../get.ts";
import { type StreamedEntry, streamDestination } from "../stream-destination.ts";
import type { FileWritable } from "./platform.ts";

/** What takes entries one after the other, and what is left to be done behind the last. */
export interface Taking {
  take(entry: StreamedEntry): Promise<void>;
  end(): Promise<void>;
}

/** A destination that writes to one target, which is closed when all has come and aborted when it has not. */
export function closing(target: FileWritable, begin: () => Taking): Destination {
  const whole = async (work: (destination: Destination) => Promise<Restored>): Promise<Restored> => {
    try {
      const { take, end } = begin();
      const restored = await work(streamDestination(take));
      await end();
      await target.close();
      return restored;
    } catch (error) {
      await target.abort(error).catch(() => undefined);
      throw error;
    }
  };
  return {
    assertFree: async () => undefined,
    takeWhole: (all) => whole((destination) => destination.takeWhole(all)),
    takePath: (part) => whole((destination) => destination.takePath(part)),
    takeBytes: (file) => whole((destination) => destination.takeBytes(file)),
  };
}
