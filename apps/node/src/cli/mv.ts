import { encryptLabel, nameHash } from "../account/labels.ts";
import { amendPackage } from "../owner/known-packages.ts";
import { checkName } from "./check-name.ts";
import { findPackage } from "./find-package.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

/** Give a package another name. Only its row in the catalogue changes: the gateway sees neither name. */
export async function mv(from: string, to: string, options: CommonOptions): Promise<void> {
  const name = to.normalize("NFC");
  checkName(name, "Give another name.");
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const { id, files, bytes } = await findPackage(session, account, from);
  const hash = nameHash(account, name);
  const label = encryptLabel(account, id, { name, files, bytes });
  await session.client.renamePackage(id, { nameHash: hash, label });
  await amendPackage(session.home, id, { nameHash: hash, aside: false });
  session.output.result({ id, name });
  session.output.say(`${from} is called ${name} now.`);
}
