import type { PackageJson } from "@cairn/client";
import { listPackages } from "@cairn/owner/list-packages";
import { OTHER_KEY, withRole } from "@cairn/owner/package-name";
import { loadLookupKey } from "../account/load-secrets.ts";
import { formatBytes, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

export interface ListOptions extends CommonOptions {
  /** Also those that were removed or undone. */
  all?: boolean;
}

/** List the account's packages. */
export async function ls(options: ListOptions): Promise<void> {
  const session = await openSession(options);
  const owner = await loadLookupKey(session.home);
  const rows = await listPackages({ gateway: session.client, owner }, options);
  session.output.result(rows);
  if (rows.length === 0) {
    session.output.say("No packages yet. Store a folder with `cairn put FOLDER`.");
    return;
  }
  session.output.say(
    table(
      ["name", "id", "state", "shards", "files", "size", "stored", "until"],
      rows.map((row) => [
        withRole(row),
        row.id.slice(0, 8),
        row.state,
        `${row.strength.live}/${row.strength.full} (${row.strength.needed} needed)`,
        ...contentWords(row),
        minuteWords(row.storedAt),
        row.expiresAt === null ? "—" : new Date(row.expiresAt * 1000).toISOString().slice(0, 10),
      ]),
    ),
  );
  if (owner === undefined || rows.some(({ name }) => name === OTHER_KEY)) session.output.say(NAMES_ELSEWHERE);
}

const NAMES_ELSEWHERE =
  "Names are read with the key that stored them: `cairn key import FILE` brings it here (in the console: Settings → Keys, Download the account file).";

/** Files and size; of an upload under way what has been received, as the gateway learns the rest at its end. */
export function contentWords({
  state,
  files,
  bytes,
  progress,
}: Pick<PackageJson, "state" | "files" | "bytes" | "progress">): [files: string, size: string] {
  if (state !== "RECEIVING") return [String(files), formatBytes(bytes)];
  return ["—", progress.done === 0 ? "—" : `${formatBytes(progress.done)} so far`];
}
