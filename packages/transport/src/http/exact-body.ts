import type { Readable } from "node:stream";
import { CairnError } from "@cairn/protocol";

/**
 * Exactly `length` bytes of a peer's body as they come; the source is destroyed as soon as the reader stops or the peer breaks the length. Only the
 * peer is timed, never the reader.
 * @throws CairnError `short-read`, `long-read` (before any byte beyond `length` is given out), `provider-timeout` when nothing came for `idleSeconds`
 */
export async function* exactBody(source: Readable, length: number, idleSeconds = 30): AsyncGenerator<Uint8Array> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let received = 0;
  let awaited = false;
  let late = false;
  const timer = setTimeout(() => {
    if (!awaited) return;
    late = true;
    source.destroy(new Error("idle"));
  }, idleSeconds * 1000);
  const next = async () => {
    awaited = true;
    timer.refresh();
    try {
      return await chunks.next();
    } catch (cause) {
      throw late ? silent(length, received, idleSeconds) : shortRead(length, received, cause);
    } finally {
      awaited = false;
    }
  };
  try {
    for (let step = await next(); !step.done; step = await next()) {
      received += step.value.length;
      if (received > length) throw longRead(length);
      yield step.value;
    }
  } finally {
    clearTimeout(timer);
    source.destroy();
  }
  if (received < length) throw shortRead(length, received);
}

function silent(expected: number, received: number, idleSeconds: number): CairnError {
  return new CairnError(`the provider sent nothing for ${idleSeconds} s after ${received} of ${expected} bytes`, {
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
