import { confirm } from "./confirm.ts";
import { counted, formatBytes } from "./format.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface RemoveOptions extends CommonOptions {
  /** Ask nothing. */
  yes?: boolean;
}

/** End a package's deals: what has accrued is paid, the rest comes back. */
export async function rm(target: string, options: RemoveOptions): Promise<void> {
  const session = await openSession(options);
  const owner = await requireOwner(session.home);
  const [{ removePackage }, { putRecords }] = await Promise.all([
    import("@cairn/owner/remove-package"),
    import("../owner/put-record.ts"),
  ]);
  const { outcome, found } = await removePackage(
    { ...ownerPorts(session, owner), records: putRecords(session.home, owner) },
    {
      target,
      async confirm({ files, bytes, state }) {
        const what = `${target} (${counted(files, "file")}, ${formatBytes(bytes)}, ${state})`;
        await confirm(`End ${what}? It cannot be got back afterwards.`, options);
      },
    },
  );
  session.output.result(found);
  session.output.say(
    {
      over: `${target} is ${found.state} already.`,
      undone: `Undone: ${target} had no deals yet.`,
      ending: `Removing ${target}: its deals end with the next period, accrued pay goes to the providers, the rest comes back to your balance.`,
    }[outcome],
  );
}
