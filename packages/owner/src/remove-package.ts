import type { PackageDetailJson } from "@cairn/client";
import { BEFORE_CHAIN } from "@cairn/core/package-states";
import { type EndPorts, endPackage } from "./end-package.ts";
import { type FindPorts, type FoundPackage, findPackage } from "./find-package.ts";
import { decryptLabel } from "./labels.ts";
import { mainName } from "./package-name.ts";
import type { Gateway } from "./ports.ts";
import type { PutRecords } from "./put-records.ts";

export type RemovePorts = FindPorts &
  EndPorts & {
    gateway: FindPorts["gateway"] & EndPorts["gateway"] & Pick<Gateway, "abandonPackage">;
    records: Pick<PutRecords, "forget">;
  };

export interface RemoveOptions {
  /** A name or id. */
  target: string;
  /** Asked once it is known what would end; throws where it shall not. */
  confirm: (found: FoundPackage) => Promise<void>;
}

/** `over`: it had ended before. `undone`: it had no deals yet. `ending`: its deals end with the next period. */
export type Removed =
  | { outcome: "over"; found: FoundPackage }
  | { outcome: "undone" | "ending"; found: PackageDetailJson };

const beforeChain: ReadonlySet<string> = new Set(BEFORE_CHAIN);

/**
 * End a package's deals: what has accrued is paid, the rest comes back. An upload without deals is dropped, with what is recorded of it.
 * @throws what `findPackage`, `confirm` and `endPackage` throw
 */
export async function removePackage(ports: RemovePorts, { target, confirm }: RemoveOptions): Promise<Removed> {
  const { gateway, owner, known, records } = ports;
  const found = await findPackage(ports, target);
  const remembered = await known.recall(found.id);
  await confirm(found);
  if (found.document !== undefined && !(beforeChain.has(found.state) && remembered === undefined)) {
    return { outcome: "ending", found: await endPackage(ports, found, found.document.owner) };
  }
  if (!beforeChain.has(found.state)) return { outcome: "over", found };
  const undone = await gateway.abandonPackage(found.id);
  if (found.label !== null) {
    const { name } = decryptLabel(owner, found.id, found.label);
    await records.forget(mainName(name, found.id));
  }
  return { outcome: "undone", found: undone };
}
