/** What the browser and the tests agree on. */
export const PACKAGE_ID = "00112233445566778899aabbccddeeff";

/** Where something is kept between a browser and a test. */
export type Place = "from-browser" | "from-node";

/** Sizes of the contents by path. */
export const CONTENTS: Record<string, number> = {
  "größe/日本語 🗻.txt": 17,
  "deep/er/and/deeper/file": 70_000,
  empty: 0,
  large: 3_000_000,
};

/** Bytes that are no others' and that are the same everywhere. */
export function patternOf(path: string, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = [...path].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0, 1);
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
