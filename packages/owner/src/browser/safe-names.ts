/** Names that Windows gives a meaning to, with or without what follows a dot (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;
/** Of the same document: what no name has there; a backslash parts folders, a colon names a drive or a stream. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const FORBIDDEN = /[\0-\x1f\x7f"*/:<>?\\|]/g;
/** They turn what follows around, so that a name shows another ending than it has. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A name that means one file in the folder that it is written to, on whatever system it is unpacked: no path, drive, stream or device. Most names are
 * safe, and stay as they are.
 */
export function safeName(name: string): string {
  const plain = name
    .toWellFormed()
    .replace(FORBIDDEN, "_")
    .replace(TURNING, "_")
    .replace(/[. ]+$/, (end) => "_".repeat(end.length));
  if (plain === "") return "_";
  return DEVICES.test(plain) ? `_${plain}` : plain;
}

/** The same for each of some names in one folder, none of which may become another's, not even where a system takes small and capital letters for one. */
export class SafeNames {
  readonly #taken = new Set<string>();

  take(name: string): string {
    const safe = safeName(name);
    let free = safe;
    for (let number = 2; this.#taken.has(keyOf(free)); number++) free = numbered(safe, number);
    this.#taken.add(keyOf(free));
    return free;
  }
}

const keyOf = (name: string): string => name.normalize("NFC").toLowerCase();

/** `Photo (2).jpg` */
export function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? `${name} (${number})` : `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
}

/** Whether a symbolic link at `path`, of a tree that is unpacked somewhere, leads out of that tree. */
export function leadsOut(path: string, target: string): boolean {
  if (/^[\\/]|^[A-Za-z]:|\\/.test(target)) return true;
  let depth = path.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    // The tree's own root is where it may lead at most; "" is above what was named.
    if (depth < 1) return true;
  }
  return false;
}
