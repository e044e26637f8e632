import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { CairnError } from "@cairn/protocol";
import { RANGES_PATH } from "@cairn/protocol/wire";
import { exactBody, longRead, shortRead } from "../http/exact-body.ts";

/** One bulk answer that a provider was asked to post. */
interface AwaitedRange {
  /** The gateway path to post to; its last segment is the secret that joins the body to the reader. */
  path: string;
  /** Settles when the provider's POST has begun. */
  arrived: Promise<IncomingMessage>;
  /** The bytes of an arrived body, exactly as long as asked for. */
  read(body: IncomingMessage, length: number): AsyncGenerator<Uint8Array>;
  /** Give up: a body that arrives later is refused. */
  close(): void;
}

/** Joins bodies that providers post to the readers that wait for them. */
export interface RangeInbox {
  expect(): AwaitedRange;
  /**
   * Hand over the POST for request `id`; resolves when the reader took all of it. @throws CairnError `unknown-range`, or why the reader stopped
   */
  deliver(id: string, body: IncomingMessage): Promise<void>;
}

interface Waiting {
  take(body: IncomingMessage): void;
  done: Promise<void>;
}

const IDLE_SECONDS = 30;

export function openRangeInbox(): RangeInbox {
  const waiting = new Map<string, Waiting>();
  return {
    expect() {
      const id = randomBytes(16).toString("hex");
      const arrival = Promise.withResolvers<IncomingMessage>();
      const reading = Promise.withResolvers<void>();
      reading.promise.catch(() => undefined);
      waiting.set(id, { take: arrival.resolve, done: reading.promise });
      return {
        path: `${RANGES_PATH}/${id}`,
        arrived: arrival.promise,
        async *read(body, length) {
          try {
            const declared = Number(body.headers["content-length"] ?? length);
            if (declared > length) throw longRead(length);
            if (declared < length) throw shortRead(length, declared);
            yield* exactBody(body, length, IDLE_SECONDS);
            reading.resolve();
          } catch (error) {
            reading.reject(error);
            throw error;
          } finally {
            body.destroy();
            // A reader that stops early comes here without an error; a settled promise ignores this.
            reading.reject(new CairnError("the reader stopped", { code: "reader-gone", kind: "unavailable" }));
          }
        },
        close() {
          waiting.delete(id);
        },
      };
    },
    async deliver(id, body) {
      const reader = waiting.get(id);
      waiting.delete(id);
      if (reader === undefined) {
        throw new CairnError("nobody waits for this range", {
          code: "unknown-range",
          kind: "missing",
          next: "Nothing: the reader took the bytes from elsewhere.",
        });
      }
      reader.take(body);
      await reader.done;
    },
  };
}
