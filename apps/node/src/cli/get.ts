import { displayName } from "@cairn/archive/names";
import { gotWords } from "./got-words.ts";
import { interruptible } from "./interruptible.ts";
import { ownerPorts } from "./owner-ports.ts";
import { parseRange } from "./parse-range.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";
import { showStages } from "./show-stages.ts";

export interface GetOptions extends CommonOptions {
  /** `FROM-TO`, half-open, of one file. */
  range?: string;
  /** The OpenPGP message as it is stored, for gpg. */
  encrypted?: boolean;
}

/** Bring back a package, a folder of it, one file, or a byte range of one file. */
export async function get(target: string, destination: string, options: GetOptions): Promise<void> {
  const range = options.range === undefined ? undefined : parseRange(options.range);
  const session = await openSession(options);
  const { output } = session;
  await interruptible(
    async (signal) => {
      const ports = ownerPorts(session, await requireOwner(session.home));
      const [{ get }, { folderDestination }] = await Promise.all([
        import("@cairn/owner/get"),
        import("@cairn/owner/node/folder-destination"),
      ]);
      const { id, restored, kind, seconds } = await get(ports, {
        ...{ target, range, encrypted: options.encrypted, signal },
        destination: folderDestination(destination),
        onEvent: showStages(output, { getting: ["Getting", "bytes"] }),
      });
      const { path, files, bytes, rootKept } = restored;
      output.result({ id, destination: displayName(path), files, bytes, seconds, rootKept });
      if (rootKept) output.say(`${displayName(path)} belongs to another user and keeps its own time and mode`);
      output.say(gotWords({ ...restored, kind }, seconds));
    },
    { message: `interrupted: nothing of ${displayName(target)} was kept`, next: "Run the command again." },
  );
}
