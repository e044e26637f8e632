import type { CheckResultJson, PackageDetailJson } from "@cairn/client";
import { client } from "../../api/client.ts";
import { ownerPorts } from "../../names/owner-work.ts";
import { checks as words } from "../../words/package-tabs.ts";

export interface CheckWanted {
  full: boolean;
  pieces?: number[];
  /** In the package: the pieces that they lie in are checked. */
  paths?: string[];
}

/** Have holders prove what they hold; the key is needed where paths are named, or every byte is read. */
export async function startCheck(
  { id }: Pick<PackageDetailJson, "id">,
  { full, pieces, paths }: CheckWanted,
): Promise<CheckResultJson> {
  if (!full && paths === undefined) return client.check(id, { full, ...(pieces === undefined ? {} : { pieces }) });
  const ports = await ownerPorts(words.why);
  const [{ piecesOfTarget }, { findPackage }, { readCapability }] = await Promise.all([
    import("@cairn/owner/check-package"),
    import("@cairn/owner/find-package"),
    import("@cairn/owner/read-capability"),
  ]);
  const wanted = new Set(pieces);
  for (const path of paths ?? []) {
    const found = await piecesOfTarget(ports, `${id}/${path}`);
    // Where its tree cannot be read, the whole package is checked.
    if (found.pieces === undefined) return client.check(id, { full, ...(await capability()) });
    for (const piece of found.pieces) wanted.add(piece);
  }
  const some = wanted.size === 0 ? {} : { pieces: [...wanted].toSorted((a, b) => a - b) };
  return client.check(id, { full, ...some, ...(await capability()) });

  async function capability() {
    if (!full) return {};
    const { document, documentHash } = await findPackage(ports, id);
    // What has no content is refused by the gateway, with its reason.
    if (document === undefined) return {};
    const of = { documentHash: documentHash as `0x${string}`, owner: document.owner };
    return { readCapability: await readCapability(ports, of) };
  }
}
