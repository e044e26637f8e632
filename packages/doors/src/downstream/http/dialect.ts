import type { AnswerOutcome } from "../verification-node.ts";

type AnswerErrors = Record<Exclude<AnswerOutcome, "ok">, string>;

/**
 * The two ways in which the protocol was written down: the document (bare prefix), and the original's later code (`/v1`). In both Merkle objects
 * are JSON, as every program of the time reads them, though the document calls them strings, and Swizzle's are base64.
 */
export interface Dialect {
  /** Bytes of contracts that are asked for by naming no size. */
  defaultChunkBytes: number;
  /** A proof as the node takes it. */
  proof(value: unknown): unknown;
  /** JSON text of seconds that remain. */
  seconds(due: number): string;
  /** Of one contract in the report on many answers. */
  answerErrors: AnswerErrors;
  /** Of an answer that came alone. */
  singleAnswerErrors: AnswerErrors;
  singleChallengeExpired: string;
  /** Whether only clients that read one contract from an answer to `/chunk` ask about contracts one by one. */
  singlesReadOneChunk: boolean;
}

const REPORT_ERRORS: AnswerErrors = {
  missing: "contract not found",
  corrupted: "Proof corrupted",
  expired: "Answer failed: contract expired.",
  answered: "Challenge already answered.",
  invalid: "Invalid proof",
};

const SINGLE_ERRORS: AnswerErrors = {
  missing: "Contract does not exist.",
  corrupted: "Proof corrupted.",
  expired: "Answer failed: contract expired.",
  answered: "Challenge already answered.",
  invalid: "Invalid proof.",
};

const DOCUMENT_ERRORS = { expired: "contract expired", invalid: "proof invalid" };

export const DOCUMENT: Dialect = {
  defaultChunkBytes: 32_768,
  proof(value) {
    // Swizzle's base64 never begins so.
    if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  },
  seconds: (due) => String(Math.max(0, Math.floor(due))),
  answerErrors: { ...REPORT_ERRORS, ...DOCUMENT_ERRORS },
  singleAnswerErrors: { ...SINGLE_ERRORS, ...DOCUMENT_ERRORS },
  singleChallengeExpired: DOCUMENT_ERRORS.expired,
  singlesReadOneChunk: false,
};

export const CODE: Dialect = {
  defaultChunkBytes: 33_554_432,
  proof: (value) => value,
  seconds: (due) => String(Math.max(0, Math.floor(due * 1e6) / 1e6)),
  answerErrors: REPORT_ERRORS,
  singleAnswerErrors: SINGLE_ERRORS,
  singleChallengeExpired: "Contract has expired.",
  singlesReadOneChunk: true,
};
