import { checkName } from "@cairn/owner/check-name";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

/** Give a package another name. */
export async function mv(from: string, to: string, options: CommonOptions): Promise<void> {
  checkName(to.normalize("NFC"), "Give another name.");
  const session = await openSession(options);
  const owner = await requireOwner(session.home);
  const { renamePackage } = await import("@cairn/owner/rename-package");
  const renamed = await renamePackage(ownerPorts(session, owner), { from, to });
  session.output.result(renamed);
  session.output.say(`${from} is called ${renamed.name} now.`);
}
