import { nameOfBytes } from "./names.ts";

/** Whether a path below the root, in string form, is left out. What lies below a folder that is left out is not asked for. */
export type Excluder = (path: string, isFolder: boolean) => boolean;

interface Rule {
  pattern: RegExp;
  /** `!`: what earlier rules left out is taken again. */
  again: boolean;
  foldersOnly: boolean;
}

/**
 * Rules as gitignore(5) has them, the last that fits decides. A rule without a slash but at its end fits a name at any depth; one with a
 * slash fits from the root on. `*` and `?` do not cross a slash, `**` does; `[a-z]` and `[!a-z]` are one character; `\` takes the next as
 * it is; a slash at the end fits folders only; `!` before it takes again. Empty rules and, in files, lines that begin with `#` are none.
 */
export function excluderOf(rules: readonly string[]): Excluder {
  const compiled = rules.flatMap(ruleOf);
  return (path, isFolder) => {
    let out = false;
    for (const { pattern, again, foldersOnly } of compiled) {
      if ((isFolder || !foldersOnly) && out === again && pattern.test(path)) out = !again;
    }
    return out;
  };
}

/**
 * The text of a file of rules, without its byte order mark: UTF-16 where the mark says so, else UTF-8, of which other bytes are kept as names
 * keep them. Undefined for what is no text: UTF-16 without a mark has zero bytes.
 */
export function textOfRules(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const utf16 =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined;
  if (utf16 === undefined) return bytes.includes(0) ? undefined : nameOfBytes(bytes).replace(/^\uFEFF/, "");
  const text = new TextDecoder(utf16).decode(bytes);
  return text.includes("\0") ? undefined : text;
}

/** The rules of a text: its lines without comments and without blanks at their ends. */
export function rulesOfText(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => (line.startsWith("#") ? [] : [line.replace(/(?<!\\)[ \t]+$/, "")]));
}

function ruleOf(text: string): Rule[] {
  const again = text.startsWith("!");
  const rule = again ? text.slice(1) : text;
  const foldersOnly = rule.endsWith("/");
  const body = rule.replace(/\/+$/, "");
  if (body === "") return [];
  const anchored = body.includes("/");
  const source = sourceOf(body.replace(/^\/+/, ""));
  return [{ pattern: new RegExp(`^${anchored ? "" : "(?:[^]*/)?"}${source}$`, "u"), again, foldersOnly }];
}

const SPECIAL = /[\\^$.*+?()[\]{}|/]/;

/**
 * One segment of a rule, from its pieces between stars. Each star but the last takes as little as it can and is never asked again (a look ahead and a
 * reference to it): what comes later can only gain by that, and no name keeps a rule with many stars busy.
 */
function segmentOf(pieces: readonly string[], groups: { count: number }): string {
  const [first = "", ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return first;
  const middle = others
    .filter((piece) => piece !== "")
    .map((piece) => {
      groups.count += 1;
      return `(?=(?<star${groups.count}>[^/]*?${piece}))\\k<star${groups.count}>`;
    });
  return `${first}${middle.join("")}[^/]*${last}`;
}

function sourceOf(glob: string): string {
  const groups = { count: 0 };
  let source = "";
  let pieces = [""];
  const add = (text: string) => {
    pieces[pieces.length - 1] += text;
  };
  for (let at = 0; at < glob.length; ) {
    const rest = glob.slice(at);
    const atStart = at === 0 || glob[at - 1] === "/";
    const set = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(rest);
    if (atStart && rest.startsWith("**/")) {
      source += "(?:[^]*/)?";
      at += 3;
    } else if (atStart && rest === "**") {
      source += "[^]+";
      at += 2;
    } else if (rest.startsWith("*")) {
      pieces.push("");
      at += 1;
    } else if (rest.startsWith("?")) {
      add("[^/]");
      at += 1;
    } else if (rest.startsWith("/")) {
      source += `${segmentOf(pieces, groups)}/`;
      pieces = [""];
      at += 1;
    } else if (set) {
      add(setOf(set[2] ?? "", set[1] !== ""));
      at += set[0].length;
    } else {
      if (rest.startsWith("\\") && rest.length > 1) at += 1;
      const character = String.fromCodePoint(glob.codePointAt(at) ?? 0);
      add(SPECIAL.test(character) ? `\\${character}` : character);
      at += character.length;
    }
  }
  return source + segmentOf(pieces, groups);
}

function setOf(inside: string, negated: boolean): string {
  const escaped = inside.replace(/[\\\]^[]/g, (character) => `\\${character}`).replace(/^-|-$/g, "\\-");
  try {
    const source = `[${negated ? "^/" : ""}${escaped}]`;
    new RegExp(source, "u");
    return negated ? source : `(?!/)${source}`;
  } catch {
    // A range that runs backwards fits nothing.
    return "(?!)";
  }
}
