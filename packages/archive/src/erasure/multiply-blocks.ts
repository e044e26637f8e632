import { startKernel } from "@cairn/proofs/wasm";
import { CairnError } from "@cairn/protocol/errors";
import { multiply } from "./galois-field.ts";
import { WASM_BASE64 } from "./kernels/generated/galois.ts";

/** Exports of galois.as.ts. */
interface GaloisKernel {
  multiply4(
    input: number,
    inStride: number,
    columns: number,
    output: number,
    outStride: number,
    tables: number,
    rowStride: number,
    length: number,
  ): void;
}

const ROWS_PER_PASS = 4;
const BYTES_PER_PASS = 32;
const TABLE_BYTES = 32;
/** Tables of 256 rows (255 in fours) of 255 coefficients. */
const TABLES = 4096;
const BLOCKS = TABLES + 256 * 255 * TABLE_BYTES;
/** Working set of one step, inputs and outputs together: half of a 1 MiB L2 cache. */
const BLOCKS_BYTES = 512 * 1024;

interface Engine {
  kernel: GaloisKernel;
  bytes: Uint8Array<ArrayBuffer>;
  /** The matrix whose tables are in memory. */
  loaded: Matrix | undefined;
}

/** Coefficients row by row, and their look-up tables. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly tables: Uint8Array;
}

let engine: Engine | undefined;

function start(): Engine {
  engine ??= { ...startKernel<GaloisKernel>(WASM_BASE64, BLOCKS + BLOCKS_BYTES), loaded: undefined };
  return engine;
}

const padded = (rows: number) => Math.ceil(rows / ROWS_PER_PASS) * ROWS_PER_PASS;

/** Look-up tables of a matrix of at most 255 rows of `columns` (1 … 255) coefficients; rows are filled up to a multiple of four with zeros. */
export function prepareMatrix(rows: readonly Uint8Array[], columns: number): Matrix {
  const tables = new Uint8Array(padded(rows.length) * columns * TABLE_BYTES);
  for (const [r, row] of rows.entries()) {
    for (const [c, coefficient] of row.entries()) {
      const at = (r * columns + c) * TABLE_BYTES;
      for (let nibble = 0; nibble < 16; nibble++) {
        tables[at + nibble] = multiply(coefficient, nibble);
        tables[at + 16 + nibble] = multiply(coefficient, nibble << 4);
      }
    }
  }
  return { rows: rows.length, columns, tables };
}

function assertBlocks(blocks: readonly Uint8Array[], count: number, length: number): void {
  if (blocks.length === count && blocks.every((block) => block.length === length)) return;
  throw new CairnError(`expected ${count} blocks of ${length} bytes`, {
    code: "bad-blocks",
    kind: "internal",
    details: { expected: count, got: blocks.length, lengths: blocks.map((block) => block.length) },
  });
}

/** outputs[r] = Σ coefficient(r, c) · inputs[c], byte by byte. All blocks have one length (any). Outputs do not overlap inputs. */
export function multiplyBlocks(matrix: Matrix, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
  const length = inputs[0]?.length ?? 0;
  assertBlocks(inputs, matrix.columns, length);
  assertBlocks(outputs, matrix.rows, length);
  if (matrix.rows === 0) return;
  const { kernel, bytes } = load(matrix);
  const { columns } = matrix;
  const rows = padded(matrix.rows);
  const stride = Math.floor(BLOCKS_BYTES / (columns + rows) / 64) * 64;
  const output = BLOCKS + columns * stride;
  const rowStride = columns * TABLE_BYTES;
  for (let from = 0; from < length; from += stride) {
    const step = Math.min(stride, length - from);
    for (let c = 0; c < columns; c++) bytes.set(inputs[c]!.subarray(from, from + step), BLOCKS + c * stride);
    const whole = Math.ceil(step / BYTES_PER_PASS) * BYTES_PER_PASS;
    for (let r = 0; r < rows; r += ROWS_PER_PASS) {
      kernel.multiply4(BLOCKS, stride, columns, output + r * stride, stride, TABLES + r * rowStride, rowStride, whole);
    }
    for (let r = 0; r < matrix.rows; r++) {
      const at = output + r * stride;
      outputs[r]!.set(bytes.subarray(at, at + step), from);
    }
  }
}

function load(matrix: Matrix): Engine {
  const started = start();
  if (started.loaded !== matrix) {
    started.bytes.set(matrix.tables, TABLES);
    started.loaded = matrix;
  }
  return started;
}
