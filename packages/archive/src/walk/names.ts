import { printable } from "@cairn/core/printable";
import { concatBytes, equalBytes } from "../bytes.ts";

/**
 * Names as JavaScript strings without loss: bytes that are not UTF-8 become lone surrogates U+DC80…U+DCFF
 * (the way of Python's PEP 383), which no valid UTF-8 decodes to.
 */
const ESCAPE = 0xdc00;
const SLASH = 0x2f;
const DOT = 0x2e;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The string form of a name's or link target's bytes. */
export function nameOfBytes(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  if (!text.includes("\ufffd") || equalBytes(encoder.encode(text), bytes)) return text;
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes, at);
    const escaped = String.fromCharCode(ESCAPE | (bytes[at] ?? 0));
    name += length === 0 ? escaped : decoder.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return name;
}

/** Bytes of the valid UTF-8 sequence at `at`, or 0. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const part = bytes.subarray(at, at + length);
  return part.length === length && equalBytes(encoder.encode(decoder.decode(part)), part) ? length : 0;
}

/** True when the name has bytes that are not UTF-8. */
export function isEscaped(name: string): boolean {
  return !name.isWellFormed();
}

/** The bytes of a name in its string form. */
export function bytesOfName(name: string): Uint8Array {
  if (!isEscaped(name)) return encoder.encode(name);
  const parts: Uint8Array[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    const escaped = code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    parts.push(escaped ? Uint8Array.of(code - ESCAPE) : encoder.encode(character));
  }
  return concatBytes(parts);
}

/**
 * A name or path for people, on one line and without loss: `nameOfDisplay` gives the same name back. What no terminal should get, and
 * bytes that are not UTF-8, stand as `printable` has them, a blank at the end of a name as `\\x20`; a backslash stands twice.
 */
export function displayName(name: string): string {
  return printable(name.replaceAll("\\", "\\\\")).replace(/ +(?=\/|$)/g, (blanks) => "\\x20".repeat(blanks.length));
}

/**
 * Names or paths for people, side by side: where several look alike, as they differ in nothing but how letters are composed of marks (Unicode's
 * canonical equivalence), those that are not in the composed form have all but ASCII escaped. `nameOfDisplay` gives each back.
 */
export function displayNames(names: readonly string[]): string[] {
  const alike = new Map<string, number>();
  for (const name of names) alike.set(name.normalize(), (alike.get(name.normalize()) ?? 0) + 1);
  return names.map((name) => {
    const composed = name.normalize();
    const shown = displayName(name);
    if (name === composed || alike.get(composed) === 1) return shown;
    return shown.replace(/[^\0-\x7f]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
  });
}

const SHORT = new Map(Object.entries<string>({ "\\": "\\", n: "\n", r: "\r", t: "\t" }));

/** The name that `displayName` shows so. A backslash that begins no escape is itself. */
export function nameOfDisplay(text: string): string {
  const name = text.replace(
    /\\(?:([\\nrt])|x([0-9A-Fa-f]{2})|u\{([0-9A-Fa-f]{1,6})\})/g,
    (whole, short, byte, code) => {
      if (short !== undefined) return SHORT.get(short) ?? whole;
      const value = Number.parseInt(byte ?? code, 16);
      if (byte !== undefined && value >= 0x80) return String.fromCharCode(ESCAPE | value);
      return value <= 0x10ffff ? String.fromCodePoint(value) : whole;
    },
  );
  // Bytes that were written one by one may be UTF-8 together.
  return isEscaped(name) ? nameOfBytes(bytesOfName(name)) : name;
}

/**
 * The names that a person may mean by `text`, likeliest first. What `displayName` shows so comes before the text as it is; an escape that it never
 * writes, such as `\\x41` for `A`, is read only where nothing has it as its name.
 */
export function namesOfText(text: string): string[] {
  const shown = nameOfDisplay(text);
  if (shown === text) return [text];
  return displayName(shown) === text ? [shown, text] : [text, shown];
}

/** Why a name cannot stand in a tree, or undefined: one path segment of 1 to 255 bytes, not `.` or `..`. */
export function nameFault(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "is empty";
  if (bytes.length > 255) return "is longer than 255 bytes";
  if (bytes.includes(SLASH) || bytes.includes(0)) return "has a slash or a zero byte";
  return bytes.length <= 2 && bytes.every((byte) => byte === DOT) ? "is not a name of its own" : undefined;
}
