import { CairnError } from "@cairn/protocol";

export interface ResumeOptions {
  /** Named in the error. */
  url: string;
  whenAway?: ((error: CairnError, waited: number) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
}

/** After this many failures at the same byte, give up: the connection will fail there again. */
const MAX_BREAKS = 50;

/**
 * The bytes of a download; one that breaks is opened again and goes on behind what was handed out, as the same request is answered with the
 * same bytes (whoever reads them checks every block).
 * @throws CairnError `connection-lost` when nobody waits or no byte more comes; whatever `open` throws
 */
export async function* resumeDownload(
  first: AsyncIterable<Uint8Array>,
  open: () => Promise<AsyncIterable<Uint8Array>>,
  { url, whenAway, signal }: ResumeOptions,
): AsyncGenerator<Uint8Array> {
  let body = first;
  let done = 0;
  let breaks = 0;
  let progress = performance.now();
  for (;;) {
    let skip = done;
    try {
      for await (const chunk of body) {
        if (skip >= chunk.length) {
          skip -= chunk.length;
          continue;
        }
        const rest = skip === 0 ? chunk : chunk.subarray(skip);
        skip = 0;
        done += rest.length;
        breaks = 0;
        yield rest;
        progress = performance.now();
      }
      if (skip === 0) return;
      throw new Error(`only ${done - skip} bytes came the second time`);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof CairnError) throw cause;
      breaks += 1;
      const lost = new CairnError(`the connection to ${url} broke after ${done} bytes`, {
        code: "connection-lost",
        kind: "unavailable",
        cause,
        next: "Run the command again; `cairn events` says what happened.",
      });
      if (whenAway === undefined || breaks > MAX_BREAKS) throw lost;
      await whenAway(lost, (performance.now() - progress) / 1000);
    }
    body = await open();
  }
}
