/** How an error is answered over HTTP and as a process exit: the kind decides both. */
export type ErrorKind =
  | "input"
  | "auth"
  | "missing"
  | "conflict"
  | "unavailable"
  | "exhausted"
  | "corrupt"
  | "internal";

const HTTP_STATUS: Record<ErrorKind, number> = {
  input: 400,
  auth: 401,
  missing: 404,
  conflict: 409,
  unavailable: 503,
  exhausted: 507,
  corrupt: 502,
  internal: 500,
};

export interface CairnErrorOptions {
  /** Stable, kebab-case, documented in docs/errors.md. */
  code: string;
  kind: ErrorKind;
  /** What the person should do next, as a sentence. */
  next?: string;
  /** Machine-readable particulars: the field, the allowed values, the amounts. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** The one base class of every error that Cairn raises on purpose. */
export class CairnError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly next: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(message: string, options: CairnErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CairnError";
    this.code = options.code;
    this.kind = options.kind;
    this.next = options.next;
    this.details = options.details ?? {};
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.kind];
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      kind: this.kind,
      message: this.message,
      ...(this.next === undefined ? {} : { next: this.next }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }

  static fromJSON(body: ErrorBody): CairnError {
    return new CairnError(body.message, {
      code: body.code,
      kind: body.kind,
      ...(body.next === undefined ? {} : { next: body.next }),
      ...(body.details === undefined ? {} : { details: body.details }),
    });
  }
}

/** The form in which an error crosses HTTP and the control connection. */
export interface ErrorBody {
  code: string;
  kind: ErrorKind;
  message: string;
  next?: string;
  details?: Record<string, unknown>;
}

/** Whatever was thrown, as a CairnError; foreign errors become `internal` and keep their cause. */
export function asCairnError(thrown: unknown): CairnError {
  if (thrown instanceof CairnError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CairnError(message, { code: "internal", kind: "internal", cause: thrown });
}
