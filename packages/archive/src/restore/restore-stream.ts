import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { nameOfBytes } from "../walk/names.ts";
import { writeFailed } from "./errors.ts";
import { Staging } from "./staging.ts";

/**
 * Writes one stream to a file that appears only when it is whole: at `destination`, or under `name` in the folder that is there.
 * Throws `destination-exists`, `no-space`, `unwritable-path`, and what the stream throws.
 */
export async function restoreStream(options: {
  bytes: AsyncIterable<Uint8Array>;
  destination: string;
  name: string;
  /** Told how many bytes have come. */
  onBytes?: (bytes: number) => void;
  signal?: AbortSignal;
}): Promise<{ path: string; bytes: number }> {
  const { destination, name, signal } = options;
  const staging = await Staging.open(destination, { name }, 0);
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of options.bytes) {
      size += part.length;
      options.onBytes?.(size);
      yield part;
    }
  }
  try {
    await pipeline(counted(), createWriteStream(staging.root, { flags: "wx" }), signal ? { signal } : {});
    await staging.promote();
    await staging.close();
    return { path: nameOfBytes(staging.target), bytes: size };
  } catch (error) {
    await staging.discard();
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : writeFailed(destination, error);
  }
}
