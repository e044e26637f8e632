/** At most so many of a content's first bytes are looked at. */
export const SNIFFED_BYTES = 4096;

/** What a content with nothing in it is, and one that nothing is known of. */
const EMPTY = "application/x-empty";
const UNKNOWN = "application/octet-stream";

/** A media type, and what stands where in its first bytes: text as Latin-1, "?" for any byte. */
type Magic = readonly [type: string, text: string, at?: number];

/** The first that fits counts. Of the formats' own documents; the list of them is that of file(1) and of PRONOM, cut to what people store. */
const MAGICS: readonly Magic[] = [
  ["image/jpeg", "\xff\xd8\xff"],
  ["image/png", "\x89PNG\r\n\x1a\n"],
  ["image/gif", "GIF8"],
  ["image/webp", "RIFF????WEBP"],
  ["image/tiff", "II*\0"],
  ["image/tiff", "MM\0*"],
  ["image/bmp", "BM????\0\0\0\0"],
  ["image/vnd.adobe.photoshop", "8BPS"],
  ["image/x-icon", "\0\0\x01\0"],
  ["image/jxl", "\0\0\0\x0cJXL \r\n\x87\n"],
  ["image/heic", "ftyphei", 4],
  ["image/heic", "ftypmif1", 4],
  ["image/avif", "ftypavif", 4],
  ["video/quicktime", "ftypqt", 4],
  ["audio/mp4", "ftypM4A", 4],
  ["video/3gpp", "ftyp3g", 4],
  ["video/mp4", "ftyp", 4],
  ["video/x-msvideo", "RIFF????AVI "],
  ["video/mpeg", "\0\0\x01\xba"],
  ["video/mpeg", "\0\0\x01\xb3"],
  ["video/x-flv", "FLV\x01"],
  ["video/x-ms-asf", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
  ["audio/wav", "RIFF????WAVE"],
  ["audio/flac", "fLaC"],
  ["audio/ogg", "OggS"],
  ["audio/mpeg", "ID3"],
  ["audio/mpeg", "\xff\xfb"],
  ["audio/mpeg", "\xff\xf3"],
  ["audio/aac", "\xff\xf1"],
  ["audio/midi", "MThd"],
  ["audio/aiff", "FORM????AIFF"],
  ["application/pdf", "%PDF-"],
  ["application/postscript", "%!PS"],
  ["application/rtf", "{\\rtf"],
  ["application/x-ole-storage", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
  ["application/gzip", "\x1f\x8b"],
  ["application/x-bzip2", "BZh"],
  ["application/x-xz", "\xfd7zXZ\0"],
  ["application/zstd", "\x28\xb5\x2f\xfd"],
  ["application/x-7z-compressed", "7z\xbc\xaf\x27\x1c"],
  ["application/vnd.rar", "Rar!\x1a\x07"],
  ["application/x-tar", "ustar", 257],
  ["application/vnd.sqlite3", "SQLite format 3\0"],
  ["application/vnd.apache.parquet", "PAR1"],
  ["application/x-executable", "\x7fELF"],
  ["application/vnd.microsoft.portable-executable", "MZ"],
  ["application/x-mach-binary", "\xcf\xfa\xed\xfe"],
  ["application/wasm", "\0asm"],
  ["application/java-vm", "\xca\xfe\xba\xbe"],
  ["font/woff2", "wOF2"],
  ["font/woff", "wOFF"],
  ["font/otf", "OTTO"],
  ["font/ttf", "\0\x01\0\0\0"],
  ["application/pgp-keys", "-----BEGIN PGP"],
];

/** Of zips, by the names of what lies in them first. */
const IN_ZIPS: readonly (readonly [type: string, text: string])[] = [
  ["application/epub+zip", "mimetypeapplication/epub+zip"],
  ["application/vnd.oasis.opendocument.text", "mimetypeapplication/vnd.oasis.opendocument.text"],
  ["application/vnd.oasis.opendocument.spreadsheet", "mimetypeapplication/vnd.oasis.opendocument.spreadsheet"],
  ["application/vnd.oasis.opendocument.presentation", "mimetypeapplication/vnd.oasis.opendocument.presentation"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/"],
  ["application/vnd.openxmlformats-officedocument.presentationml.presentation", "ppt/"],
  ["application/java-archive", "META-INF/"],
];

/** Of texts, by how they begin behind white space. */
const TEXTS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ["image/svg+xml", /^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i],
  ["text/html", /^(?:<!doctype html|<html[\s>]|<head[\s>])/i],
  ["application/xml", /^<\?xml\s/],
  ["text/x-shellscript", /^#!.*\b(?:ba|da|z|k)?sh\b/],
  ["application/json", /^(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})|\[\s*(?:[[{"\d-]|true|false|null|\]))/],
  ["message/rfc822", /^(?:Received|Return-Path|Delivered-To|From|Message-ID): /],
  ["text/calendar", /^BEGIN:VCALENDAR/],
  ["text/vcard", /^BEGIN:VCARD/],
];

/**
 * The media type that a content's first bytes show, never its name: names lie, and are not asked for. What is a text in UTF-8 is `text/plain` where
 * nothing more is known of it.
 * @param head the first `SNIFFED_BYTES`, or all where there are fewer
 */
export function sniffType(head: Uint8Array): string {
  if (head.length === 0) return EMPTY;
  const some = head.subarray(0, SNIFFED_BYTES);
  const text = latin1(some);
  if (text.startsWith("PK\x03\x04")) return IN_ZIPS.find(([, name]) => text.includes(name))?.[0] ?? "application/zip";
  if (text.startsWith("\x1a\x45\xdf\xa3")) return text.includes("webm") ? "video/webm" : "video/x-matroska";
  const found = MAGICS.find(([, magic, at = 0]) => fits(text, magic, at));
  if (found !== undefined) return found[0];
  const readable = textOf(some);
  if (readable === undefined) return UNKNOWN;
  const begun = readable.trimStart();
  return TEXTS.find(([, pattern]) => pattern.test(begun))?.[0] ?? "text/plain";
}

function fits(text: string, magic: string, at: number): boolean {
  if (at + magic.length > text.length) return false;
  for (let index = 0; index < magic.length; index++) {
    if (magic[index] !== "?" && magic[index] !== text[at + index]) return false;
  }
  return true;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Undefined for what is no text: other bytes than UTF-8's, or control characters that no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    // A character may be cut at the end.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
