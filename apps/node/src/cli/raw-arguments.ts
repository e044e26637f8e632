import { readFileSync } from "node:fs";
import { nameOfBytes } from "@cairn/archive/names";

/** Set by bin/cairn.mjs: the arguments' bytes, zero-terminated, in base64. Node's own are UTF-8 with the rest replaced. */
const CARRIED = "CAIRN_ARGUMENTS";

/** Gives `process.argv` the bytes that were typed, in string form, where they are not UTF-8: file names may be any bytes. */
export function restoreArguments(): void {
  const carried = process.env[CARRIED];
  delete process.env[CARRIED];
  if (!process.argv.some((argument) => argument.includes("\ufffd"))) return;
  const bytes = carried === undefined ? ownArguments() : Buffer.from(carried, "base64");
  const typed = bytes === undefined ? [] : splitArguments(bytes).slice(2 - process.argv.length);
  if (typed.length !== process.argv.length - 2) return;
  for (const [index, argument] of typed.entries()) process.argv[index + 2] = argument;
}

function ownArguments(): Buffer | undefined {
  try {
    return readFileSync("/proc/self/cmdline");
  } catch {
    return undefined;
  }
}

function splitArguments(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    found.push(nameOfBytes(bytes.subarray(at, end === -1 ? bytes.length : end)));
    at = end === -1 ? bytes.length : end + 1;
  }
  return found;
}
