/** A text, and the encoding it was read in. */
export interface ReadText {
  text: string;
  encoding: "UTF-8" | "UTF-16LE" | "UTF-16BE" | "windows-1252";
}

/**
 * Read a text by its mark (UTF-16), else as UTF-8 where its bytes are that, else as windows-1252, which has a character for any byte.
 * @param bytes all of it, or its beginning: a character that is cut at the end is left out
 * @returns undefined where that gives control characters, which no text has
 */
export function readText(bytes: Uint8Array): ReadText | undefined {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes, { stream: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : { text, encoding };
}

/** WHATWG Encoding, 6: the marks of a byte order. */
function encodingOf(bytes: Uint8Array): ReadText["encoding"] {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16LE";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16BE";
  try {
    new TextDecoder("UTF-8", { fatal: true }).decode(bytes, { stream: true });
    return "UTF-8";
  } catch {
    return "windows-1252";
  }
}
