/** What kinds of files there are, by what the browser makes of their names. */
type Kind = "images" | "videos" | "audio" | "documents" | "others";

export interface Found {
  files: number;
  folders: number;
  bytes: number;
  /** Most bytes first; kinds of which there are none are left out. */
  kinds: readonly { kind: Kind; files: number; bytes: number }[];
}

interface Tree {
  entries: readonly { kind: string }[];
  blobs: ReadonlyMap<number, { type: string; size: number }>;
  bytes: number;
}

function kindOf(type: string): Kind {
  if (type.startsWith("image/")) return "images";
  if (type.startsWith("video/")) return "videos";
  if (type.startsWith("audio/")) return "audio";
  if (/^text\/|pdf|document|msword|spreadsheet|presentation|opendocument|rtf|epub/.test(type)) return "documents";
  return "others";
}

export function foundOf({ entries, blobs, bytes }: Tree): Found {
  const kinds = new Map<Kind, { files: number; bytes: number }>();
  for (const { type, size } of blobs.values()) {
    const kind = kindOf(type);
    const sum = kinds.get(kind) ?? { files: 0, bytes: 0 };
    kinds.set(kind, { files: sum.files + 1, bytes: sum.bytes + size });
  }
  return {
    files: blobs.size,
    folders: entries.filter(({ kind }) => kind === "directory").length,
    bytes,
    kinds: [...kinds].map(([kind, sum]) => ({ kind, ...sum })).toSorted((a, b) => b.bytes - a.bytes),
  };
}
