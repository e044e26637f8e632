import type { Listed, Source } from "./put-source.ts";

/**
 * A CAR, version 1 or 2, with exactly one root: its blocks are stored as they are, under their own CIDs. Put it with the layout `car`.
 * @param bytes its length, where that is known
 */
export const carSource = (name: string, car: AsyncIterable<Uint8Array>, bytes = 0): Source => ({
  name,
  list: async (): Promise<Listed> => ({
    bytes,
    async pack({ from: _, layout: __, onProgress, onCheckpoint: ___, ...options }) {
      const { takeCar } = await import("@cairn/archive/browser");
      return takeCar({ ...options, car, onProgress: (done) => onProgress(done, bytes) });
    },
  }),
});
