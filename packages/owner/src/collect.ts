import { concatBytes } from "@cairn/archive/bytes";
import { CairnError } from "@cairn/protocol/errors";

/** All bytes of a download that may be at most so long. Throws `too-long`. */
export async function collect(stream: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) {
      throw new CairnError(`${what} is longer than ${limit} bytes`, {
        code: "too-long",
        kind: "corrupt",
        next: "Check which gateway this is: no honest one sends this.",
      });
    }
    // The buffer may be reused once the next chunk is asked for.
    chunks.push(Uint8Array.from(chunk));
  }
  return concatBytes(chunks);
}
