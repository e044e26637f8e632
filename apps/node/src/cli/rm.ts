import { decryptLabel } from "../account/labels.ts";
import { recallPackage } from "../owner/known-packages.ts";
import { forgetPut } from "../owner/put-record.ts";
import { confirm } from "./confirm.ts";
import { endPackage } from "./end-package.ts";
import { findPackage } from "./find-package.ts";
import { counted, formatBytes } from "./format.ts";
import { mainName } from "./package-name.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

export interface RemoveOptions extends CommonOptions {
  /** Ask nothing. */
  yes?: boolean;
}

const BEFORE_CHAIN = new Set(["RECEIVING", "COMMITTING", "COMMITTED"]);

/** End a package's deals: what has accrued is paid, the rest comes back. */
export async function rm(target: string, options: RemoveOptions): Promise<void> {
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const found = await findPackage(session, account, target);
  const known = await recallPackage(session.home, found.id);
  const what = `${target} (${counted(found.files, "file")}, ${formatBytes(found.bytes)}, ${found.state})`;
  await confirm(`End ${what}? It cannot be got back afterwards.`, options);
  if (found.document === undefined || (BEFORE_CHAIN.has(found.state) && known === undefined)) {
    if (!BEFORE_CHAIN.has(found.state)) {
      session.output.result(found);
      session.output.say(`${target} is ${found.state} already.`);
      return;
    }
    const undone = await session.client.abandonPackage(found.id);
    if (found.label !== null) {
      const { name } = decryptLabel(account, found.id, found.label);
      await forgetPut(session.home, account, mainName(name, found.id));
    }
    session.output.result(undone);
    session.output.say(`Undone: ${target} had no deals yet.`);
    return;
  }
  const removed = await endPackage(session, account, found);
  session.output.result(removed);
  session.output.say(
    `Removing ${target}: its deals end with the next period, accrued pay goes to the providers, the rest comes back to your balance.`,
  );
}
