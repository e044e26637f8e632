import type { EntryToPack } from "@cairn/archive/browser";
import type { Listed, Source } from "./put-source.ts";

/**
 * Files as they are handed in, each read once when its turn comes: of a page, or of a door that keeps no folders.
 * @param bytes how many they have together, where that is known: the gateway keeps room for so many
 */
export const streamSource = (
  name: string,
  entries: AsyncIterable<EntryToPack> | Iterable<EntryToPack>,
  bytes = 0,
): Source => ({
  name,
  list: async (): Promise<Listed> => ({
    bytes,
    async pack({ from: _, layout, onProgress, onCheckpoint: __, ...options }) {
      const { packEntries } = await import("@cairn/archive/browser");
      if (layout === "car") throw new Error("a stream of files is no CAR");
      return packEntries({ ...options, entries, layout, onProgress: (done) => onProgress(done.bytes, bytes) });
    },
  }),
});
