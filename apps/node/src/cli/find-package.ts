import type { CairnClient, PackageJson } from "@cairn/client";
import { CairnError } from "@cairn/core";
import type { Account } from "../account/account.ts";
import { nameHash } from "../account/labels.ts";

/** `PACKAGE[/path]`: a name or an id, and what follows the first slash. */
export function parseTarget(text: string): { name: string; path: string } {
  const slash = text.indexOf("/");
  if (slash === -1) return { name: text, path: "" };
  return { name: text.slice(0, slash), path: text.slice(slash + 1).replace(/^\/+|\/+$/g, "") };
}

const GONE = new Set(["REMOVED", "ABANDONED", "EXPIRED"]);

/** A package by id or by name; among equal names the live one, else the newest. Throws `unknown-package`. */
export async function findPackage(client: CairnClient, account: Account, name: string): Promise<PackageJson> {
  if (/^[0-9a-f]{32}$/.test(name)) {
    try {
      return await client.package(name);
    } catch (error) {
      if (!(error instanceof CairnError) || error.kind !== "missing") throw error;
    }
  }
  const found = await client.packageByName(nameHash(account, name));
  const [best] = found.sort(
    (a, b) => Number(GONE.has(a.state)) - Number(GONE.has(b.state)) || b.createdAt - a.createdAt,
  );
  if (best !== undefined) return best;
  throw new CairnError(`there is no package "${name}"`, {
    code: "unknown-package",
    kind: "missing",
    next: "`cairn ls` lists your packages.",
  });
}
