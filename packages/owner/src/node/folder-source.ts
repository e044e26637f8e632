import type { Excluder, Walked } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { counted } from "@cairn/core/format";
import { CairnError } from "@cairn/protocol/errors";
import type { Listed, Source } from "../put-source.ts";

/** A folder, or one file, as it was walked. */
export interface ListedFolder extends Listed {
  walked: Walked;
  entries: Walked["entries"];
}

export interface FolderSourceOptions {
  path: string;
  /** Of the package. */
  name: string;
  exclude: Excluder;
  /** Store a folder without files, too. */
  allowEmpty?: boolean | undefined;
}

/** A folder or file of this machine, walked once. `list` throws `unreadable-path`, `nothing-to-store`. */
export const folderSource = ({ path, name, exclude, allowEmpty }: FolderSourceOptions): Source<ListedFolder> => ({
  name,
  async list(signal) {
    const { packFolder, walkFolder } = await import("@cairn/archive");
    const walked = await walkFolder(path, { exclude, signal });
    requireFiles(walked, { path, allowEmpty });
    return {
      walked,
      entries: walked.entries,
      bytes: walked.entries.reduce((sum, entry) => sum + entry.size, 0),
      async pack({ layout, onProgress, ...options }) {
        if (layout === "car") throw new Error("a folder is no CAR");
        const told = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => onProgress(bytes, totalBytes);
        return packFolder({ ...options, layout, path, walked, onProgress: told });
      },
    };
  },
});

/**
 * Refuse a folder without any file or link: a drive that is not mounted, or rules that are too wide, would else take the place of what is stored.
 * @throws CairnError `nothing-to-store`
 */
export function requireFiles(
  { entries, excluded }: Pick<Walked, "entries" | "excluded">,
  { path, allowEmpty }: Pick<FolderSourceOptions, "path" | "allowEmpty">,
): void {
  if (allowEmpty || entries.some(({ kind }) => kind !== "directory")) return;
  const why = excluded > 0 ? ` that no rule leaves out (${counted(excluded, "entry", "entries")} by rule)` : "";
  throw new CairnError(`${displayName(path)} has no file in it${why}`, {
    code: "nothing-to-store",
    kind: "input",
    next:
      excluded > 0
        ? "Nothing was stored or replaced. Give rules that leave less out, or store the empty folder with --allow-empty."
        : "Nothing was stored or replaced. Mount what should be there, or store the empty folder with --allow-empty.",
  });
}
