import type { PackageJson } from "@cairn/client";
import { asCairnError } from "@cairn/core";
import type { Account } from "../account/account.ts";
import { loadAccount } from "../account/account.ts";
import { openLabel } from "../account/labels.ts";
import { formatBytes } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

export interface ListOptions extends CommonOptions {
  /** Also those that were removed or undone. */
  all?: boolean;
}

const GONE = new Set(["REMOVED", "ABANDONED", "EXPIRED"]);

/** List the account's packages. */
export async function ls(options: ListOptions): Promise<void> {
  const session = await openSession(options);
  const account = await loadAccount(session.home);
  const packages = (await session.client.packages()).filter((found) => options.all || !GONE.has(found.state));
  const rows = packages.map((found) => ({ name: nameOf(account, found), ...found }));
  session.output.result(rows);
  if (rows.length === 0) {
    session.output.say("No packages yet. Store a folder with: cairn put FOLDER");
    return;
  }
  session.output.say(
    table(
      ["name", "id", "state", "shards", "files", "size", "stored", "until"],
      rows.map((row) => [
        row.name,
        row.id.slice(0, 8),
        row.state,
        `${row.strength.live}/${row.strength.full} (${row.strength.needed} needed)`,
        String(row.files),
        formatBytes(row.bytes),
        new Date(row.createdAt * 1000).toISOString().slice(0, 16).replace("T", " "),
        row.expiresAt === null ? "—" : new Date(row.expiresAt * 1000).toISOString().slice(0, 10),
      ]),
    ),
  );
}

/** A package's name for its owner; without the right key, a note in its stead. */
export function nameOf(account: Account | undefined, found: Pick<PackageJson, "label">): string {
  if (account === undefined || found.label === null) return "(name unknown)";
  try {
    return openLabel(account, found.label).name;
  } catch (error) {
    if (asCairnError(error).code === "wrong-key") return "(another account's)";
    throw error;
  }
}
