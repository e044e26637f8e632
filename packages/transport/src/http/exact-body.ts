import type { Readable } from "node:stream";
import { CairnError } from "@cairn/protocol";

/** A peer that sends fewer on average, beyond `idleSeconds`, is as good as silent: a byte now and then would hold its reader for ever. */
const LEAST_BYTES_PER_SECOND = 16_384;

/**
 * Exactly `length` bytes of a peer's body as they come; the source is destroyed as soon as the reader stops or the peer breaks the length. Only the
 * peer is timed, never the reader.
 * @throws CairnError `short-read`, `long-read` (before any byte beyond `length` is given out), `provider-timeout` when nothing came for `idleSeconds`, or too little for longer
 */
export async function* exactBody(source: Readable, length: number, idleSeconds = 30): AsyncGenerator<Uint8Array> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let received = 0;
  let late = false;
  let waited = 0;
  const next = async () => {
    const began = performance.now();
    const left = idleSeconds + received / LEAST_BYTES_PER_SECOND - waited;
    const timer = setTimeout(
      () => {
        late = true;
        source.destroy(new Error("idle"));
      },
      Math.max(0, Math.min(left, idleSeconds)) * 1000,
    );
    try {
      return await chunks.next();
    } catch (cause) {
      throw late
        ? silent(length, received, waited + (performance.now() - began) / 1000)
        : shortRead(length, received, cause);
    } finally {
      clearTimeout(timer);
      waited += (performance.now() - began) / 1000;
    }
  };
  try {
    for (let step = await next(); !step.done; step = await next()) {
      received += step.value.length;
      if (received > length) throw longRead(length);
      yield step.value;
    }
  } finally {
    source.destroy();
  }
  if (received < length) throw shortRead(length, received);
}

function silent(expected: number, received: number, seconds: number): CairnError {
  return new CairnError(`the provider sent ${received} of ${expected} bytes in ${seconds.toFixed(1)} s, and was left`, {
    code: "provider-timeout",
    kind: "unavailable",
    next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
    details: { expected, received },
  });
}

export function longRead(expected: number): CairnError {
  return new CairnError(`the provider sends more than the ${expected} bytes asked for`, {
    code: "long-read",
    kind: "corrupt",
    details: { expected },
  });
}

export function shortRead(expected: number, received: number, cause?: unknown): CairnError {
  return new CairnError(`the provider sent ${received} of ${expected} bytes`, {
    code: "short-read",
    kind: "corrupt",
    details: { expected, received },
    ...(cause === undefined ? {} : { cause }),
  });
}
