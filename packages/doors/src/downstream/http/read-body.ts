import type { IncomingMessage } from "node:http";
import { Refusal, TEXTS } from "./refusal.ts";

export interface BodyLimits {
  maxBytes: number;
  timeoutMilliseconds: number;
  /** What a body over the limit is answered with. */
  tooLarge: () => Refusal;
  /** Called before bytes are kept; may throw. */
  hold(bytes: number): void;
}

/** Bytes of an oversized body that are still taken off the wire, so that the client reads the answer instead of a reset connection. */
const DISCARD_BYTES = 64 * 1024 * 1024;

const CLOSE = { connection: "close" };

/**
 * A request's body, whole. What is over the limit is thrown away as it comes.
 *
 * @throws Refusal `tooLarge`; 408 when it did not come in time; 400 when it broke off; what `hold` throws
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const { maxBytes, timeoutMilliseconds } = limits;
  const declared = Number(request.headers["content-length"] ?? 0);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let received = 0;
    let refusal: Refusal | undefined;

    const finish = (error: unknown, body?: Buffer) => {
      clearTimeout(timer);
      request.removeListener("data", onData).removeListener("end", onEnd).removeListener("close", onClose);
      if (error === undefined) resolve(body as Buffer);
      else reject(error);
    };
    const onData = (part: Buffer) => {
      received += part.length;
      if (refusal === undefined && (received > maxBytes || declared > maxBytes)) {
        refusal = limits.tooLarge();
        parts.length = 0;
      }
      if (refusal === undefined) {
        try {
          limits.hold(part.length);
          parts.push(part);
        } catch (error) {
          refusal = error as Refusal;
          parts.length = 0;
        }
      } else if (received > maxBytes + DISCARD_BYTES) {
        request.pause();
        finish(new Refusal(refusal.status, refusal.message, CLOSE));
      }
    };
    const onEnd = () => {
      const [only] = parts;
      finish(refusal, parts.length === 1 ? only : Buffer.concat(parts));
    };
    const onClose = () => finish(new Refusal(400, TEXTS.bodyBroken, CLOSE));
    const timer = setTimeout(() => {
      request.pause();
      finish(new Refusal(refusal?.status ?? 408, refusal?.message ?? TEXTS.bodyTooSlow, CLOSE));
    }, timeoutMilliseconds);

    request.on("error", () => undefined);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
