import { sniffType } from "@cairn/archive/browser";
import { SIZES, type Size } from "./sizes.ts";

/** Ways to hide a URL in an SVG from the patterns below: own entities, encodings other than ASCII's. Hardly any SVG has them. */
const HIDDEN = /<!ENTITY|<\?xml[^>]*encoding\s*=\s*["'](?!(?:utf-?8|us-ascii|iso-8859-1|windows-1252)["'])/i;
/** Where a URL begins: behind a quotation mark or a bracket, or as one of several. The words of a text do not count. */
const DATA_URL = /(?:["'(]\s*data:|[\s,]data:(?!\s))([^"'()<>]*)/gi;
const PICTURE = /^\s*image\/[a-z.+-]+\s*;\s*base64\s*,([a-z0-9+/=\s]+)$/i;

/**
 * How many pixels a browser decodes to show a picture, by its header alone: a small file may unpack to gigabytes. An SVG is drawn at the size at which it
 * is shown: of it, those of the pictures inside.
 * @param type as `sniffType` gives it
 * @param bytes all of the file
 * @returns undefined where the header does not say it
 */
export function pixelsOf(type: string, bytes: Uint8Array): number | undefined {
  if (type === "image/svg+xml") return pixelsInSvg(new TextDecoder().decode(bytes));
  const sizeOf = SIZES[type];
  return sizeOf && area(sizeOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
}

function area(size: Size | undefined): number | undefined {
  if (size === undefined || size.width === 0 || size.height === 0) return undefined;
  return size.width * size.height;
}

/** Of all pictures together that stand in `data:` URLs; as an image, an SVG loads no others. */
function pixelsInSvg(svg: string): number | undefined {
  if (HIDDEN.test(svg)) return undefined;
  // URLs lose tabs and line ends (WHATWG URL, 4.4).
  const text = withoutReferences(svg).replace(/[\t\n\r]/g, "");
  const plain = pixelsInUrls(text);
  if (!text.includes("\\")) return plain;
  const unescaped = pixelsInUrls(withoutEscapes(text));
  return plain === undefined || unescaped === undefined ? undefined : Math.max(plain, unescaped);
}

function pixelsInUrls(text: string): number | undefined {
  let sum = 0;
  for (const [, data = ""] of text.matchAll(DATA_URL)) {
    const pixels = pixelsInBase64(PICTURE.exec(data)?.[1]);
    if (pixels === undefined) return undefined;
    sum += pixels;
  }
  return sum;
}

function pixelsInBase64(base64: string | undefined): number | undefined {
  if (base64 === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    return pixelsOf(sniffType(bytes), bytes);
  } catch {
    return undefined;
  }
}

/** XML 1.0, 4.1 and 4.6. */
const withoutReferences = (text: string): string =>
  text
    .replace(/&(?:quot|apos);/g, '"')
    .replace(/&#(?:x([0-9a-f]+)|(\d+));/gi, (_, hex, decimal) => characterOf(hex, decimal));

/** CSS Syntax Module Level 3, 4.3.7. */
const withoutEscapes = (text: string): string =>
  text.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_, hex, other) => other ?? characterOf(hex, ""));

function characterOf(hex: string | undefined, decimal: string): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "";
}
