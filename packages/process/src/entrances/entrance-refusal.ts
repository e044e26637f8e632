import { CairnError, type CairnErrorOptions } from "@cairn/protocol/errors";

interface RefusalOptions extends CairnErrorOptions {
  /** HTTP status, where it says more than the kind's. */
  status: number;
  /** Seconds after which another try makes sense. */
  retryAfter?: number;
}

/** What an entrance refuses before any route has looked at it. */
export class EntranceRefusal extends CairnError {
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(message: string, options: RefusalOptions) {
    const { retryAfter } = options;
    super(message, retryAfter === undefined ? options : { ...options, details: { retryAfter, ...options.details } });
    this.status = options.status;
    this.retryAfter = retryAfter;
  }

  override get httpStatus(): number {
    return this.status;
  }
}

export function tooManyRequests(retryAfter: number, from: "network" | "account" = "network"): EntranceRefusal {
  return new EntranceRefusal(`too many requests from this ${from}`, {
    code: "too-many-requests",
    kind: "unavailable",
    status: 429,
    retryAfter,
    next: `Try again in ${retryAfter} s, and more slowly.`,
  });
}

/** The process has no memory to spare for one more body. */
export function noRoom(): EntranceRefusal {
  return new EntranceRefusal("there is no room for another request body at the moment", {
    code: "busy",
    kind: "unavailable",
    status: 503,
    retryAfter: 1,
    next: "Try again in a moment.",
  });
}
