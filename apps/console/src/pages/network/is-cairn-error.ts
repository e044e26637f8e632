import { CairnError } from "@cairn/protocol/errors";

/** Whether something went wrong in just this way. */
export const isCairnError = (error: unknown, code: string): boolean =>
  error instanceof CairnError && error.code === code;
