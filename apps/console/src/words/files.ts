import { bytes } from "../format/bytes.ts";
import { counted, number } from "../format/number.ts";

export const files = {
  title: "Files",
  lead: "Names and contents are encrypted: they are opened in this browser, and the gateway does not know them.",
  top: "Files",
  why: "Your files' names and contents are encrypted to your key.",
  workerFailed: "The part of this page that decrypts could not be started.",
  locked: {
    title: "Your files are locked",
    body: "Names and contents are encrypted to your key, which is locked. Unlocked, it opens them in this browser, for as many minutes as you chose.",
    action: "Unlock",
  },
  none: {
    title: "This browser has no key yet",
    body: "What is stored is encrypted to a key, and this browser has none. Make one, or import the one that your packages were stored with: `cairn key export FILE` writes it.",
    action: "To the keys of this browser",
  },
  empty: {
    title: "No files yet",
    body: "The folders and files of all your packages will stand here as one tree. Store a folder: it is encrypted in this browser before it leaves it.",
    action: "Store a folder",
  },
  emptyFolder: "This folder is empty.",
  unlisted:
    "This package was taken in as blocks of other software, without a list of files. It comes back as CAR files by the command line:",
  away: "The gateway does not answer just now. What is under way waits, and goes on by itself.",
  where: "Where you are",
  up: "Up",
  columns: {
    name: "Name",
    size: "Size",
    modified: "Modified",
    type: "Type",
    files: "Files",
    stored: "Stored",
    place: "In",
  },
  kinds: {
    folder: "Folder",
    link: "Link",
    picture: "Picture",
    video: "Video",
    audio: "Audio",
    document: "Document",
    text: "Text",
    archive: "Archive",
    program: "Program",
    other: "File",
  },
  kind: (kind: string, ending: string) => (ending === "" ? kind : `${kind} (${ending})`),
  package: "Package",
  role: { replaced: "earlier version", replacement: "replacement on its way" },
  notReadable: "nothing to read yet",
  doubts: {
    missing: "stored from this browser, but the gateway does not list it: ask who runs it",
    ended: "ended from this browser, but the gateway lists it as stored: what it shows is of the past",
  },
  select: (name: string) => `Select ${name}`,
  selected: (count: number) => `${counted(count, "thing")} selected`,
  clear: "Clear",
  total: (count: number, size: number) => `${counted(count, "file")}, ${bytes(size)}`,
  download: "Download",
  downloadAll: "Download all",
  into: "Into a folder…",
  several: "Cairn files",
  hint: "Arrows move, Enter opens, space selects, Escape goes up.",
  search: {
    label: "Search in all files",
    placeholder: "Search all names",
    found: (shown: number, total: number, names: number) =>
      total === 0
        ? `Nothing among ${counted(names, "name")} has this in it.`
        : shown < total
          ? `${counted(total, "name")} of ${counted(names, "name")}; the first ${shown} are shown.`
          : `${counted(total, "name")} of ${counted(names, "name")}.`,
    reading: (read: number, of: number) => `Reading the lists of files: ${read} of ${counted(of, "package")}.`,
    unread: (name: string) => `The list of ${name} could not be read.`,
    top: (name: string) => name,
  },
  preview: {
    open: "Look at it",
    close: "Close",
    reading: "Fetching and decrypting",
    none: {
      title: "No preview",
      body: (type: string) =>
        `This is ${type}, which a browser does not show. Download it to open it with a program of yours.`,
      pixels: (pixels: number) =>
        `It has ${number(Math.round(pixels / 1e6))} million pixels, which is too much for a preview. Download it to open it.`,
      unsized:
        "It does not say how many pixels it has, so it is not shown here. Download it to open it with a program of yours.",
      large: (size: number) => `It has ${bytes(size)}, which is too much for a preview. Download it to open it.`,
    },
    cut: (size: number, whole: number) => `The first ${bytes(size)} of ${bytes(whole)} are shown.`,
    encoding: (encoding: string) => `Its bytes are not UTF-8: it was read as ${encoding}.`,
    html: "This is a web page. Its text is shown and never run.",
    frame: (name: string) => `Contents of ${name}`,
    broken: "The browser cannot show what is in it. Download it to open it with a program of yours.",
    pdf: {
      drawing: "Drawing the page…",
      picture: (name: string, page: number) => `${name}, page ${page}`,
      page: (page: number, pages: number) => `Page ${page} of ${pages}`,
      previous: "Previous page",
      next: "Next page",
      broken: "This PDF cannot be drawn here. Download it to open it with a program of yours.",
      password: "This PDF is under a password. Download it to open it with a program of yours.",
      slow: "This page takes too long to be drawn. Download the PDF to open it with a program of yours.",
    },
    link: "This is a link to another place. It is not followed here.",
  },
  facts: { size: "Size", modified: "Modified", type: "Type", package: "Package", place: "In" },
  versions: {
    title: "History of this name",
    lead: "What stood at this path in each package of this name, newest first.",
    only: "There is no other version: nothing was stored in place of it, or before it.",
    this: "this one",
    here: "Open",
    same: "same size and time as the version before",
    missing: "not in it",
    gone: "no longer kept",
  },
  downloads: {
    title: "Downloads",
    running: (name: string, path: string) =>
      path === "" || path === name ? `Getting ${name}` : `Getting ${name}: ${path}`,
    waiting: (name: string) => `Getting ${name}: the gateway does not answer, this waits for it`,
    files: (done: number, of: number) => `${done} of ${counted(of, "file")}`,
    done: (name: string, count: number, size: number, folder: string | undefined) =>
      folder === undefined
        ? `${name} is in your downloads: ${counted(count, "file")}, ${bytes(size)}, every byte checked.`
        : `${name} is in ${folder}: ${counted(count, "file")}, ${bytes(size)}, every byte checked.`,
    there: (name: string, folder: string) => `Nothing was missing: ${folder} has all of ${name} already.`,
    part: (name: string, missing: number) =>
      `${name} came in part: ${counted(missing, "file")} could not be brought back. The others are whole.`,
    next: "Check the package on its page; it names the copy at fault, and repair replaces it. Then get those files again.",
    stopped: (name: string) => `${name} was stopped.`,
    failed: (name: string) => `${name} did not come.`,
    again: "Get it again",
    forget: "Remove from this list",
    troubles: (count: number) => `${counted(count, "note")}`,
    why: {
      damaged: "damaged",
      link: "a link, left out: it leads elsewhere, or a folder of a browser holds none",
      name: "left out: the browser does not write a file of this name",
      kept: "was there already, and stays as it was",
      renamed: "has another name now, as some systems give this one a meaning of their own",
    },
    as: (name: string) => `now ${name}`,
  },
  clash: {
    title: "Something of that name is there",
    body: (names: readonly string[], folder: string) =>
      `${folder} has ${names.length === 1 ? names[0] : `${names.length} of these: ${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`} already. Nothing is overwritten unless you say so.`,
    beside: "Keep both",
    besideHint: "What comes gets another name.",
    keep: "Only what is missing",
    keepHint: "Files that are there stay as they are.",
    replace: "Replace",
    replaceHint: "Files of equal names are overwritten.",
  },
  restore: { action: "Restore everything", into: "Restore into a folder…" },
} as const;
