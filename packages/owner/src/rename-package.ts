import { checkName } from "./check-name.ts";
import { type FindPorts, findPackage } from "./find-package.ts";
import { amendKnown } from "./known-packages.ts";
import { encryptLabel, nameHash } from "./labels.ts";
import type { Gateway } from "./ports.ts";
import { keptTypes } from "./types-of.ts";

/**
 * Give a package another name, in the form that is kept (NFC). Only its row in the catalogue changes: the gateway sees neither name.
 * @throws CairnError `bad-name`, `name-taken`, and what `findPackage` throws
 */
export async function renamePackage(
  ports: FindPorts & { gateway: FindPorts["gateway"] & Pick<Gateway, "renamePackage"> },
  { from, to }: { from: string; to: string },
): Promise<{ id: string; name: string }> {
  const name = to.normalize("NFC");
  checkName(name, "Give another name.");
  const found = await findPackage(ports, from);
  const { id, files, bytes } = found;
  const hash = nameHash(ports.owner, name);
  const label = encryptLabel(ports.owner, id, { name, files, bytes, ...keptTypes(ports.owner, found) });
  await ports.gateway.renamePackage(id, { nameHash: hash, label });
  await amendKnown(ports.known, id, { nameHash: hash, aside: false });
  return { id, name };
}
