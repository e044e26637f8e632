import { type FileHandle, open, unlink } from "node:fs/promises";
import { CairnError } from "@cairn/protocol/errors";

const BUFFER = 1_048_576;

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** One buffer is filled while the other is written; copying lets the source use its own again at once. */
async function writeParts(file: FileHandle, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const spare: Buffer[] = [];
  let filling: Buffer | undefined;
  let filled = 0;
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    const full = filling?.subarray(0, filled);
    if (filling === undefined || full === undefined) return;
    const written = filling;
    writing = writeAll(file, full).then(() => {
      spare.push(written);
    });
    // Awaited at the next flush; until then the rejection must not count as unhandled.
    writing.catch(() => undefined);
    filling = undefined;
    filled = 0;
  };
  try {
    for await (const part of parts) {
      for (let at = 0; at < part.length; ) {
        filling ??= spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER);
        const taken = Math.min(part.length - at, BUFFER - filled);
        filling.set(part.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === BUFFER) await flush();
      }
    }
    await flush();
  } finally {
    await writing;
  }
}

/**
 * Write a new file (mode 0600) and bring it to the disk. Nothing of it stays when that fails.
 *
 * @throws CairnError `no-space`; what the source throws
 */
export async function writeDurably(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "wx", 0o600);
    await writeParts(file, parts);
    await file.datasync();
    await file.close();
  } catch (error) {
    await file?.close();
    await unlink(path).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code !== "ENOENT") throw fault;
    });
    throw asNoSpace(error);
  }
}

/** ENOSPC and EDQUOT as `no-space`, anything else as it is. */
export function asNoSpace(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new CairnError("no space is left on the disk", {
    code: "no-space",
    kind: "exhausted",
    next: "Free some space, then try again.",
    cause: error,
  });
}
