/**
 * Where one is in the files. It stands behind the `#` of the URL, which no browser sends anywhere: names are encrypted, and must not be told to the
 * gateway by the address of a page.
 */
export interface Place {
  /** Of the package. */
  package?: string;
  /** Shown names below the package's root, of a folder or a file. */
  path: readonly string[];
  /** What is searched for, in everything. */
  find?: string;
}

export const NOWHERE: Place = { path: [] };

const ID = /^[0-9a-f]{32}$/;

/** `in=ID/Photos/2026&find=cat` */
export function hashOf({ package: id, path, find }: Place): string {
  const parts: string[] = [];
  if (id !== undefined) parts.push(`in=${[id, ...path].map(encodeURIComponent).join("/")}`);
  if (find !== undefined && find !== "") parts.push(`find=${encodeURIComponent(find.toWellFormed())}`);
  return parts.join("&");
}

/** Whatever stands in the address is read as what it may be, and nothing else. */
export function placeOf(hash: string): Place {
  const place: Place = { path: [] };
  for (const part of hash.replace(/^#/, "").split("&")) {
    const equals = part.indexOf("=");
    const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
    if (name === "find") {
      const find = decoded(value);
      if (find !== undefined && find !== "") place.find = find;
    } else if (name === "in") {
      const [id = "", ...path] = value.split("/").map(decoded);
      const names = path.filter((one) => one !== undefined && one !== "") as string[];
      if (ID.test(id ?? "") && names.length === path.filter((one) => one !== "").length) {
        place.package = id;
        place.path = names;
      }
    }
  }
  return place;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
