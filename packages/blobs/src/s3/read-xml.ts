export interface XmlElement {
  name: string;
  /** Without that of its children, references resolved. */
  text: string;
  children: XmlElement[];
}

/** An S3 answer is three deep at most, and a page of a list has some thousands of elements. */
const DEEPEST = 8;
const MOST_ELEMENTS = 20_000;
const LONGEST_TEXT = 8_192;

const DECLARATION = /(?:\uFEFF)?(?:<\?xml[^<>]{0,200}\?>)?\s*/y;
const OPENING = /<([A-Za-z_][\w.-]{0,63})((?:\s+[\w:.-]{1,64}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const CLOSING = /<\/([A-Za-z_][\w.-]{0,63})\s*>/y;
const TEXT = /[^<]+/y;
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));|&/g;
const NAMED = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** XML 1.0, 2.2: Char. */
function isChar(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

function resolved(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (_whole, named?: string, decimal?: string, hex?: string) => {
    if (named !== undefined) return NAMED.get(named)!;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    if (!isChar(code)) throw new SyntaxError("a reference to no character");
    return String.fromCodePoint(code);
  });
}

/**
 * The root element of a document of the kind that S3 answers with. Attributes are left out (only `xmlns` occurs). Whatever S3 does not use is
 * refused: document types, so that no entity can be declared, comments, CDATA and processing instructions. Linear in the length of `bytes`, which
 * the caller bounds.
 *
 * @throws SyntaxError, and TypeError where `bytes` is not UTF-8
 */
export function readXml(bytes: Uint8Array): XmlElement {
  const source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found === null) return undefined;
    at = pattern.lastIndex;
    return found;
  };
  take(DECLARATION);
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  while (root === undefined || open.length > 0) {
    const inside = open.at(-1);
    const opening = take(OPENING);
    if (opening !== undefined) {
      if (++elements > MOST_ELEMENTS || open.length >= DEEPEST)
        throw new SyntaxError("more elements than an answer has");
      const element: XmlElement = { name: opening[1]!, text: "", children: [] };
      inside?.children.push(element);
      root ??= element;
      if (opening[3] === "") open.push(element);
      continue;
    }
    if (inside === undefined) throw new SyntaxError("no element");
    const closing = take(CLOSING);
    if (closing !== undefined) {
      if (closing[1] !== inside.name) throw new SyntaxError("an element closed by another's name");
      open.pop();
      continue;
    }
    const text = take(TEXT);
    if (text === undefined) throw new SyntaxError("markup that S3 does not use");
    // What only sets elements apart.
    if (inside.children.length > 0 && text[0].trim() === "") continue;
    inside.text += resolved(text[0]);
    if (inside.text.length > LONGEST_TEXT) throw new SyntaxError("a text too long");
  }
  if (source.slice(at).trim() !== "") throw new SyntaxError("something after the root");
  return root;
}

/** The text of the one child of that name. @throws SyntaxError where there is none, or more than one */
export function textOf(element: XmlElement, name: string): string {
  const text = textIfThere(element, name);
  if (text === undefined) throw new SyntaxError(`no ${name}`);
  return text;
}

/** The same, undefined where there is none. @throws SyntaxError where there is more than one, or it has children */
export function textIfThere(element: XmlElement, name: string): string | undefined {
  const found = element.children.filter((child) => child.name === name);
  if (found.length > 1 || (found[0]?.children.length ?? 0) > 0) throw new SyntaxError(`not one ${name}`);
  return found[0]?.text;
}
