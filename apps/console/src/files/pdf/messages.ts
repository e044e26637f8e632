/** A page of a PDF, as it is asked for. The bytes are sent once, with the first. */
export interface AskPage {
  /** Of the ask: its answer has the same. */
  number: number;
  bytes?: Uint8Array;
  /** From 1 on. */
  page: number;
  /** Pixels of the screen. */
  width: number;
}

export type PdfAnswer =
  | { picture: ImageBitmap; text: string; page: number; pages: number }
  | { problem: "broken" | "password" | "slow" };

export type NumberedAnswer = PdfAnswer & { number: number };
