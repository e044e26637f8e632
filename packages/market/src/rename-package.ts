import { inTransaction } from "@cairn/catalog";
import { CairnError, type Hex, type PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { bytesOf, loadPackage } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import type { Naming, PackageDetail, RenameRequest } from "./types.ts";

const MAX_LABEL_BYTES = 4096;

/**
 * Give a package another name. With `displaced` the package that has the name gives it up for another in the same step, so that the name is
 * never without a package. Repeating it changes nothing. One that has another name meanwhile, as its owner wants to keep it, gives nothing up.
 * @throws CairnError `unknown-package`, `name-taken`, `name-changed`, `bad-package`
 */
export async function renamePackage(context: Context, request: RenameRequest): Promise<PackageDetail> {
  const namings: Naming[] = request.displaced === undefined ? [request] : [request.displaced, request];
  for (const { label } of namings) {
    if (label.length > MAX_LABEL_BYTES) {
      throw new CairnError("the label is too long", {
        code: "bad-package",
        kind: "input",
        details: { field: "label", allowed: `at most ${MAX_LABEL_BYTES} bytes` },
        next: `Give at most ${MAX_LABEL_BYTES} bytes.`,
      });
    }
  }
  try {
    await inTransaction(context.pool, async (client) => {
      const names = new Map<PackageId, Hex>();
      // In one order, so that two requests about the same packages wait for each other once and not both ways.
      for (const id of namings.map((naming) => naming.id).sort()) {
        names.set(id, (await loadPackage(client, id, { account: request.account, lock: true })).nameHash);
      }
      for (const { id, nameHash, label } of namings) {
        const has = names.get(id);
        if (id === request.displaced?.id && has !== request.nameHash && has !== nameHash) throw nameChanged(id);
        await client.query("update catalog.packages set name_hash = $2, label = $3 where id = $1", [
          id,
          bytesOf(nameHash),
          Buffer.from(label),
        ]);
      }
    });
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== "packages_live_name") throw error;
    throw new CairnError("a package with this name is there already", {
      code: "name-taken",
      kind: "conflict",
      next: "Choose another name, or replace the package with `cairn put --replace`.",
    });
  }
  return packageStatus(context, { id: request.id });
}

function nameChanged(id: PackageId): CairnError {
  return new CairnError(`the package ${id} does not have the name that is taken over from it any more`, {
    code: "name-changed",
    kind: "conflict",
    next: "Look at both with `cairn ls`: it keeps the name that it was given meanwhile.",
  });
}
