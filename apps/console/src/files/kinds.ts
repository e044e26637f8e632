/** What a name's ending says, for a column and an icon; what a content is, its first bytes say. */
export type Kind =
  | "folder"
  | "link"
  | "picture"
  | "video"
  | "audio"
  | "document"
  | "text"
  | "archive"
  | "program"
  | "other";

const ENDINGS: Record<Exclude<Kind, "folder" | "link" | "other">, string> = {
  picture: "jpg jpeg png gif webp avif heic heif tif tiff bmp svg ico jxl raw dng cr2 nef arw psd",
  video: "mp4 m4v mov webm mkv avi mpg mpeg wmv flv 3gp ogv",
  audio: "mp3 m4a aac flac wav ogg oga opus wma aiff mid midi",
  document: "pdf doc docx odt rtf xls xlsx ods ppt pptx odp epub pages numbers key",
  text: "txt md csv tsv json xml yaml yml toml ini log html htm css js ts tsx jsx py rb rs go c h cpp java sh sql tex ics vcf",
  archive: "zip tar gz tgz bz2 xz zst 7z rar iso dmg",
  program: "exe msi app deb rpm apk jar bin dll so",
};
const BY_ENDING = new Map(
  Object.entries(ENDINGS).flatMap(([kind, endings]) => endings.split(" ").map((one) => [one, kind as Kind] as const)),
);

export function endingOf(name: string): string {
  const dot = name.lastIndexOf(".");
  const ending = dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
  return /^[a-z0-9]{1,8}$/.test(ending) ? ending : "";
}

export function kindOf({ name, kind }: { name: string; kind: "directory" | "file" | "symlink" }): Kind {
  if (kind === "directory") return "folder";
  if (kind === "symlink") return "link";
  return BY_ENDING.get(endingOf(name)) ?? "other";
}

/** How a content of a type is shown; undefined for what is not. `type` is what the browser is told, one of a list, whatever was found. */
export type Shown = { as: "text" | "image" | "audio" | "video" | "pdf"; type: string };

const IMAGES = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/bmp",
  "image/x-icon",
  "image/svg+xml",
];
const AUDIO = ["audio/mpeg", "audio/mp4", "audio/aac", "audio/flac", "audio/wav", "audio/ogg"];
const VIDEO = ["video/mp4", "video/webm", "video/quicktime", "video/x-matroska"];
/** HTML and XML are texts here: they are read, never rendered. */
const TEXTS = /^(?:text\/|message\/rfc822$|application\/(?:json|xml|rtf|postscript|pgp-keys|x-empty)$)/;

const TEXT: Shown = { as: "text", type: "text/plain;charset=utf-8" };

/** @param name asked where the first bytes show nothing: a text in another encoding than UTF-8 is known by it alone */
export function shownAs(type: string, name = ""): Shown | undefined {
  if (type === "application/octet-stream") return kindOf({ name, kind: "file" }) === "text" ? TEXT : undefined;
  if (IMAGES.includes(type)) return { as: "image", type };
  if (AUDIO.includes(type)) return { as: "audio", type };
  // A browser that is told of QuickTime or Matroska does not try; what is in them it often plays.
  if (VIDEO.includes(type)) return { as: "video", type: type === "video/webm" ? type : "video/mp4" };
  if (type === "application/pdf") return { as: "pdf", type };
  if (TEXTS.test(type)) return TEXT;
  return undefined;
}

/** Bytes that are fetched to be shown: a text's beginning, anything else whole or not at all. */
export const MOST_BYTES = {
  text: 1_000_000,
  image: 60_000_000,
  pdf: 100_000_000,
  audio: 200_000_000,
  video: 400_000_000,
} as const;

/** A picture is decoded whole to be shown, at 4 bytes a pixel. A choice: no camera's picture has more, and 400 MB are what a tab of a phone can take. */
export const MOST_PIXELS = 100_000_000;

/** What is worth fetching whole, by its name: what it turns out to be is known when it is there. */
export function likely(name: string, size: number): number {
  const kind = kindOf({ name, kind: "file" });
  const most =
    kind === "picture"
      ? MOST_BYTES.image
      : kind === "video"
        ? MOST_BYTES.video
        : kind === "audio"
          ? MOST_BYTES.audio
          : endingOf(name) === "pdf"
            ? MOST_BYTES.pdf
            : MOST_BYTES.text;
  return size <= most ? size : MOST_BYTES.text;
}
