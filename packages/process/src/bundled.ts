import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mapStacks } from "./map-stacks.ts";

/** Of the form of the index, so that one of another version counts as none. */
const INDEX_VERSION = 1;
const ROOT = new URL("../../../", import.meta.url);
const ROOT_PATH = fileURLToPath(ROOT);
export const BUNDLES = new URL("node_modules/.cairn-bundles/", ROOT);
/** npm writes it with each installation: packages of others change by npm alone. */
const INSTALLED = "node_modules/.package-lock.json";

/** What bundles there are, and the state of the files that they were made of. */
interface BundleIndex {
  version: number;
  /** URL of the checkout: places of files stand in the code. */
  root: string;
  /** Program, as a path below the checkout, to its bundle, as a path below the index. */
  programs: Record<string, string>;
  /** Paths below the checkout, each with its stamp. */
  sources: Record<string, string>;
  installed: string;
}

/** Changes whenever the content may have changed; undefined where there is no such file. */
function stampOf(path: string): string | undefined {
  const found = statSync(ROOT_PATH + path, { throwIfNoEntry: false });
  return found && `${found.size} ${found.ctimeMs}`;
}

function installedStamp(): string | undefined {
  const found = statSync(ROOT_PATH + INSTALLED, { throwIfNoEntry: false });
  return found && `${found.size} ${found.mtimeMs}`;
}

export function newIndex(programs: Record<string, string>, paths: readonly string[]): BundleIndex {
  const sources = Object.fromEntries(paths.map((path) => [path, stampOf(path) ?? ""]));
  return { version: INDEX_VERSION, root: ROOT.href, programs, sources, installed: installedStamp() ?? "" };
}

/** The index of the kept bundles, if none of the files that they were made of has changed since. */
export function freshIndex(): BundleIndex | undefined {
  let index: BundleIndex;
  try {
    index = JSON.parse(readFileSync(fileURLToPath(new URL("index.json", BUNDLES)), "utf8"));
  } catch {
    return undefined;
  }
  if (index.version !== INDEX_VERSION || index.root !== ROOT.href || index.installed !== installedStamp())
    return undefined;
  for (const [path, stamp] of Object.entries(index.sources)) if (stampOf(path) !== stamp) return undefined;
  return index;
}

/** Doors from elsewhere import modules of ours, and must not get them a second time. */
const isOff = () => process.env.CAIRN_BUNDLES === "off" || Boolean(process.env.CAIRN_DOORS);

/**
 * Run a program from its bundle (bin/tasks/build-bundles.ts), which takes a third of the time that its modules take one by one; where no fresh one
 * is kept, or with `CAIRN_BUNDLES=off`, run its modules.
 *
 * @param program URL of the program's first module, which has nothing but this call
 */
export async function runBundled(program: string, modules: () => Promise<unknown>): Promise<void> {
  const bundle = isOff() ? undefined : freshIndex()?.programs[program.slice(ROOT.href.length)];
  if (bundle === undefined) {
    await modules();
    return;
  }
  const url = new URL(bundle, BUNDLES);
  if (!process.sourceMapsEnabled) mapStacks(new URL(".", url).href);
  await import(url.href);
}
