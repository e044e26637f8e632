import type { IncomingMessage } from "node:http";
import { EntranceRefusal } from "./entrance-refusal.ts";

export interface BodyLimits<E extends Error = EntranceRefusal> {
  maxBytes: number;
  /** Within which the whole of it must have come. */
  timeoutMilliseconds: number;
  /** What must come of it in each stretch of so many milliseconds, or else its rest: one that stands still holds memory for no longer. */
  least?: { bytes: number; milliseconds: number };
  /** Asked before bytes are kept; its error, if any, is what the body is refused with, at once. */
  hold(bytes: number): E | undefined;
  /** What other bodies are refused with; those of this module unless told. */
  refuse?: (why: BodyFault, maxBytes: number) => E;
}

/** `cut`: what was still to come was not taken, so that the connection ends with the answer. */
interface BodyFault {
  reason: "too-large" | "too-slow" | "broken";
  cut: boolean;
}

/** Bytes of a refused body that are still taken off the wire, so that the client reads the answer instead of a reset connection: what may be on its way. */
export const DISCARD_BYTES = 2 * 1024 * 1024;

/**
 * A request's body, whole. What is over the limit is thrown away as it comes.
 *
 * @throws the error of `hold`; what `refuse` makes of one that is too large (413), did not come in time (408), or broke off (400)
 */
export function readBody<E extends Error = EntranceRefusal>(
  request: IncomingMessage,
  limits: BodyLimits<E>,
): Promise<Buffer> {
  const { maxBytes, timeoutMilliseconds, least } = limits;
  const refuse = limits.refuse ?? (bodyRefusal as unknown as NonNullable<typeof limits.refuse>);
  const declared = Number(request.headers["content-length"] ?? 0);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let received = 0;
    let refusal: E | undefined;
    let ended = false;

    const finish = (error: E | undefined, body?: Buffer) => {
      clearTimeout(timer);
      clearInterval(pace);
      ended = true;
      request.removeListener("data", onData).removeListener("end", onEnd).removeListener("close", onClose);
      if (error === undefined) resolve(body as Buffer);
      else reject(error);
    };
    const onData = (part: Buffer) => {
      received += part.length;
      if (refusal === undefined && (received > maxBytes || declared > maxBytes)) {
        refusal = refuse({ reason: "too-large", cut: false }, maxBytes);
        parts.length = 0;
      }
      if (refusal === undefined) {
        const full = limits.hold(part.length);
        if (full === undefined) parts.push(part);
        else finish(full);
      } else if (received > maxBytes + DISCARD_BYTES) {
        request.pause();
        finish(refuse({ reason: "too-large", cut: true }, maxBytes));
      }
    };
    const onEnd = () => {
      const [only] = parts;
      finish(refusal, parts.length === 1 ? only : Buffer.concat(parts));
    };
    const onClose = () => finish(refuse({ reason: "broken", cut: true }, maxBytes));
    const giveUp = () => {
      request.pause();
      finish(refusal ?? refuse({ reason: "too-slow", cut: true }, maxBytes));
    };
    const timer = setTimeout(giveUp, timeoutMilliseconds);
    let before = 0;
    const look = () => {
      if (ended) return;
      if (received - before < (least?.bytes ?? 0)) giveUp();
      before = received;
    };
    // After what has arrived meanwhile was read: where this process was busy, nobody else was slow.
    const pace = least && setInterval(() => setImmediate(look), least.milliseconds);

    request.on("error", () => undefined);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

export function bodyTooLarge(maxBytes: number): EntranceRefusal {
  return new EntranceRefusal(`the body is longer than the ${maxBytes} bytes that this call takes`, {
    code: "body-too-large",
    kind: "input",
    status: 413,
    details: { field: "body", maximum: maxBytes },
    next: `Send at most ${maxBytes} bytes.`,
  });
}

function bodyRefusal({ reason }: BodyFault, maxBytes: number): EntranceRefusal {
  switch (reason) {
    case "too-large":
      return bodyTooLarge(maxBytes);
    case "too-slow":
      return new EntranceRefusal("the body did not arrive in time", {
        code: "body-too-slow",
        kind: "input",
        status: 408,
        next: "Send the body at once, over a faster connection.",
      });
    case "broken":
      return new EntranceRefusal("the body broke off", {
        code: "body-broken",
        kind: "input",
        status: 400,
        next: "Send it again.",
      });
  }
}
