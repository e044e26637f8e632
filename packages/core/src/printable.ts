/**
 * Everything that could drive a terminal, hide, or change the order in which text is read: controls, line and paragraph ends, format
 * characters (bidi, joiners, tags), lone surrogates, and what a font draws as nothing (Unicode's Default_Ignorable_Code_Point).
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The one exception: an emoji's own presentation (UTS #51), which stands behind it in everybody's folder names. */
const PRESENTATION = /\p{Emoji}[\ufe0e\ufe0f]$/u;

/** Text for one line of a terminal: what it could not show as it is stands as `\n`, `\t`, `\r`, `\xNN` (one byte) or `\u{…}`. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (character, at: number) => {
    const shown = PRESENTATION.test(text.slice(Math.max(0, at - 2), at + 1));
    return shown ? character : escapeOf(character.codePointAt(0) ?? 0);
  });
}

function escapeOf(code: number): string {
  if (code === 0x0a) return "\\n";
  if (code === 0x0d) return "\\r";
  if (code === 0x09) return "\\t";
  if (code < 0x80) return `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
  // Bytes that are not UTF-8, in the string form of names: U+DC80 is the byte 80.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16).toUpperCase()}`;
  return `\\u{${code.toString(16).toUpperCase()}}`;
}

/** JSON for a program's standard output, which may be a terminal: what {@link printable} would not show as it is stands as `\\uNNNN`, which is the same JSON. */
export function printableJson(
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
  indent?: number,
): string {
  return JSON.stringify(value, replacer, indent).replace(HIDDEN, (character) => {
    if (character === "\n") return character; // Of the indentation: one in a string is escaped already.
    return Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }).join("");
  });
}
