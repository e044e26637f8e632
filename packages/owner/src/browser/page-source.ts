import type { StartWorker } from "@cairn/archive/browser";
import { CairnError } from "@cairn/protocol/errors";
import type { Listed, Source } from "../put-source.ts";
import type { PageTree } from "./page-tree.ts";
import type { Picked } from "./pick-files.ts";

/** What a page was given, as it was listed. */
export interface ListedPage extends Listed {
  tree: PageTree;
  entries: PageTree["entries"];
}

export interface PageSourceOptions {
  picked: Picked;
  /** Of the package. */
  name: string;
  /** Store a folder without files, too. */
  allowEmpty?: boolean;
  /** Starts a worker whose script calls `serveAsWorker`; left out, the page's own thread packs. */
  startWorker?: StartWorker;
  workers?: number;
}

/** What a person picked or dropped, listed once; a put of it goes on after the page was closed. `list` throws `unreadable-path`, `nothing-to-store`, `bad-package`. */
export const pageSource = ({ picked, name, allowEmpty, ...how }: PageSourceOptions): Source<ListedPage> => ({
  name,
  async list(signal) {
    const tree = await picked.list(signal);
    if (!allowEmpty && tree.blobs.size === 0) throw nothing(name);
    return {
      tree,
      entries: tree.entries,
      bytes: tree.bytes,
      async pack({ layout, onProgress, ...options }) {
        const { packListed } = await import("@cairn/archive/browser");
        if (layout === "car") throw new Error("a folder is no CAR");
        return packListed({
          ...{ ...options, ...how, layout, tree },
          onProgress: ({ bytes, totalBytes }) => onProgress(bytes, totalBytes),
        });
      },
    };
  },
});

function nothing(name: string): CairnError {
  return new CairnError(`${name} has no file in it`, {
    code: "nothing-to-store",
    kind: "input",
    next: "Nothing was stored or replaced. Choose a folder with files, or say that an empty one is meant.",
  });
}
