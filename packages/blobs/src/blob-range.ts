import { CairnError } from "@cairn/protocol/errors";

/** Where to stop reading. @throws CairnError `blob-range` unless 0 ≤ offset ≤ offset + length ≤ size, all whole numbers */
export function rangeEnd(key: string, size: number, offset: number, length: number | undefined): number {
  const end = offset + (length ?? size - offset);
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(end) && offset >= 0 && end >= offset && end <= size)
    return end;
  throw new CairnError(`bytes ${offset} to ${end} are not all in ${key}, which has ${size}`, {
    code: "blob-range",
    kind: "input",
    next: "Ask for a range within the object.",
    details: { key, offset, length, size },
  });
}

export function blobMissing(key: string): CairnError {
  return new CairnError(`there is no object ${key}`, {
    code: "blob-missing",
    kind: "missing",
    next: "Restore the home from a backup, or get the package through another gateway.",
    details: { key },
  });
}
