import { CairnError } from "@cairn/protocol/errors";

export interface CsvRow {
  /** Of the line on which the row begins, counted from 1. */
  line: number;
  fields: string[];
}

/** A row longer than this is no row: a quote was left open, or the file is something else. */
const LONGEST_ROW = 65_536;

/** @param line counted from 1 */
function badCsv(line: number, what: string): CairnError {
  return new CairnError(`line ${line} of the CSV file: ${what}`, {
    code: "downstream-bad-csv",
    kind: "input",
    next: "Correct that line and import the file again; nothing was changed.",
    details: { line },
  });
}

/** UTF-8 as text, without a byte order mark. */
async function* decode(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const bytes of source) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

class RowReader {
  #fields: string[] = [];
  #field = "";
  #length = 0;
  #line = 1;
  #rowLine = 1;
  #state: "start" | "plain" | "quoted" | "quote" | "return" = "start";

  get line(): number {
    return this.#line;
  }

  /** The rows that end within `text`. */
  *read(text: string): Generator<CsvRow> {
    for (const character of text) {
      this.#length += 1;
      if (this.#length > LONGEST_ROW) throw badCsv(this.#rowLine, "the row is too long, or a quote is not closed");
      if (this.#state === "quoted") this.#inQuotes(character);
      else if (character === "\n") yield* this.#endRow();
      else if (this.#state === "return") throw badCsv(this.#line, "a carriage return stands within the line");
      else if (character === "\r") this.#state = "return";
      else if (character === ",") this.#endField();
      else this.#outside(character);
    }
  }

  /** The last row, if its line has no end. */
  *end(): Generator<CsvRow> {
    if (this.#state === "quoted") throw badCsv(this.#rowLine, "a quote is not closed");
    if (this.#length > 0) yield* this.#endRow();
  }

  #inQuotes(character: string): void {
    if (character === '"') {
      this.#state = "quote";
      return;
    }
    if (character === "\n") this.#line += 1;
    this.#field += character;
  }

  #outside(character: string): void {
    if (character === '"' && this.#state === "start") {
      this.#state = "quoted";
    } else if (character === '"' && this.#state === "quote") {
      this.#field += character;
      this.#state = "quoted";
    } else if (character === '"' || this.#state === "quote") {
      throw badCsv(this.#line, "a quote stands beside other characters");
    } else {
      this.#field += character;
      this.#state = "plain";
    }
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = "";
    this.#state = "start";
  }

  *#endRow(): Generator<CsvRow> {
    this.#endField();
    const row = { line: this.#rowLine, fields: this.#fields };
    this.#fields = [];
    this.#length = 0;
    this.#line += 1;
    this.#rowLine = this.#line;
    if (row.fields.length > 1 || row.fields[0] !== "") yield row;
  }
}

/**
 * The rows of a CSV file as it comes in (RFC 4180: quotes, doubled quotes, line ends within quotes; LF or CRLF; UTF-8 with or without a byte
 * order mark), without empty lines. Memory: one row.
 *
 * @throws CairnError `downstream-bad-csv` with details.line
 */
export async function* parseCsv(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const reader = new RowReader();
  try {
    for await (const text of decode(source)) yield* reader.read(text);
  } catch (error) {
    if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      throw badCsv(reader.line, "what follows is not UTF-8");
    throw error;
  }
  yield* reader.end();
}
