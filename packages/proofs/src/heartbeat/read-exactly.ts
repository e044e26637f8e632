import { CairnError } from "@cairn/protocol/errors";
import type { ReadRaw } from "../read-raw.ts";

/** The `length` bytes at `offset`; throws `heartbeat-short-file` when the reader gives any other number. */
export async function readExactly(read: ReadRaw, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await read(offset, length);
  if (bytes.length === length) return bytes;
  throw new CairnError(`the file ends within the ${length} bytes at ${offset}`, {
    code: "heartbeat-short-file",
    kind: "corrupt",
    next: "Drop the contract, or restore the file: it is shorter than its tag says.",
    details: { offset, length, got: bytes.length },
  });
}
