import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapping } from "node:module";
import { fileURLToPath } from "node:url";

/** A frame's place: the URL of its file, line and column, counted from 1. */
const PLACE = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/;

/**
 * Name the sources of bundled code in stacks. Maps are read when the first stack that needs them is: Node's own `--enable-source-maps` reads
 * them with each module, which costs a process more than its code.
 *
 * @param folder URL of the folder of the bundle, with a slash at its end
 */
export function mapStacks(folder: string): void {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (url: string): SourceMap | undefined => {
    if (!maps.has(url)) maps.set(url, readMap(url));
    return maps.get(url);
  };
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) =>
      String(frame).replace(PLACE, (place, url: string, line: string, column: string) => {
        const found = url.startsWith(folder) ? mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1) : undefined;
        if (!isMapped(found)) return place;
        const source = new URL(found.originalSource, url).href;
        return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
      }),
    );
    return [headOf(error), ...lines.map((line) => `    at ${line}`)].join("\n");
  };
}

/** Without its map a bundle's own lines are told: better than no stack. */
function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), "utf8")));
  } catch {
    return undefined;
  }
}

const isMapped = (found: object | undefined): found is SourceMapping =>
  found !== undefined && "originalSource" in found;

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
