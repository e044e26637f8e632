import { CairnError } from "@cairn/protocol/errors";

const SEGMENT = /^[A-Za-z0-9._-]{1,200}$/;
const LONGEST_KEY = 1_024;

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== "." && segment !== "..";
}

/**
 * The segments of a key: 1–200 characters of [A-Za-z0-9._-] each, neither `.` nor `..`, at most 1,024 characters together.
 *
 * @throws CairnError `blob-key`
 */
export function keySegments(key: string): string[] {
  const segments = key.split("/");
  if (key.length <= LONGEST_KEY && segments.every(isSegment)) return segments;
  throw new CairnError(`${JSON.stringify(key.slice(0, 80))} cannot be the key of an object`, {
    code: "blob-key",
    kind: "input",
    next: "Use segments of letters, digits, dot, underscore and hyphen, joined by slashes.",
    details: { field: "key", longest: LONGEST_KEY },
  });
}
