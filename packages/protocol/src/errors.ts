import type { ErrorKind } from "./error-codes/entry.ts";
import { type ErrorCode, errorEntry } from "./error-codes.ts";
import { plainJson, plainText } from "./plain-text.ts";

export type { ErrorKind } from "./error-codes/entry.ts";
export type { ErrorCode } from "./error-codes.ts";

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
  code: ErrorCode;
  kind: ErrorKind;
  /** What the person should do next, as a sentence, where it can name more than the table of codes does. */
  next?: string | undefined;
  /** Machine-readable particulars: the field, the allowed values, the amounts. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** The one base class of every error that Cairn raises on purpose. */
export class CairnError extends Error {
  /** A code of this version's table, except in an error that came from a newer version on another machine (`fromJSON`). */
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly next: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(message: string, options: CairnErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CairnError";
    this.code = options.code;
    this.kind = options.kind;
    this.next = options.next ?? errorEntry(options.code)?.next;
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

  /**
   * An error as it came from another thread, process or machine. Nothing in it is believed to have its form: texts are cut and made plain,
   * so that a hostile one fills no log and every database takes it, and what is no kind is `internal`.
   */
  static fromJSON(json: unknown): CairnError {
    const fields = typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
    const text = (name: string, maximum: number) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return typeof value === "string" ? plainText(value, maximum) : undefined;
    };
    const [code, kind, next] = [text("code", 64), text("kind", 16), text("next", LONGEST_TEXT)];
    const details = smallRecord(fields.details);
    const known = kind !== undefined && Object.hasOwn(HTTP_STATUS, kind);
    return new CairnError(text("message", LONGEST_TEXT) ?? "no message", {
      code: code !== undefined && /^[a-z0-9-]+$/.test(code) ? (code as ErrorCode) : "bad-error",
      kind: known ? (kind as ErrorKind) : "internal",
      ...(next === undefined ? {} : { next }),
      ...(details === undefined ? {} : { details }),
    });
  }
}

/** Characters of a message or next step that another side sent. */
const LONGEST_TEXT = 2000;
const LONGEST_DETAILS = 65_536;

function smallRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  try {
    if (JSON.stringify(value).length > LONGEST_DETAILS) return undefined;
    return plainJson(value) as Record<string, unknown>;
  } catch {
    return undefined; // Nested deeper than the stack.
  }
}

/** What a provider answered instead of what it was asked for. Its code and kind are of its own choice, and excuse it from nothing. */
export class ProviderRefusal extends CairnError {
  static override fromJSON(json: unknown): ProviderRefusal {
    const error = CairnError.fromJSON(json);
    return new ProviderRefusal(error.message, error);
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
