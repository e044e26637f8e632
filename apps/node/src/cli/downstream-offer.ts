import { findPackage } from "@cairn/owner/find-package";
import { CairnError } from "@cairn/protocol";
import { counted, formatBytes } from "./format.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { ownerPorts } from "./owner-ports.ts";
import { withProgress } from "./progress.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

/** Hand out a package's shards to farmers of the downstream door, besides the providers that hold them under deals. */
export async function offer(target: string, options: CommonOptions & { copies?: number }): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireOwner(session.home);
  const found = await findPackage(ownerPorts(session, account), target);
  const slots = (await client.package(found.id)).slots.filter(({ state }) => state === "ACTIVE");
  if (slots.length === 0) {
    throw new CairnError(`no shard of ${target} is held under an active deal`, {
      code: "nothing-to-offer",
      kind: "conflict",
      next: "See `cairn show` for the package's state.",
    });
  }
  const copies = options.copies ?? 1;
  const shards: { piece: number; shard: number; size: number; sha256: string; encoded: number }[] = [];
  await interruptible((signal) =>
    withProgress(output, "Shards offered", "items", async (progress) => {
      for (const { piece, shard } of slots) {
        const offered = await untilInterrupted(signal, client.offerShard(found.id, { piece, shard, copies }));
        shards.push({ piece, shard, ...offered });
        progress.update(shards.length, slots.length);
      }
    }),
  );
  output.result({ package: found.id, copies, shards });
  const bytes = shards.reduce((sum, { size }) => sum + size, 0);
  output.say(
    `${counted(shards.length, "shard")} (${formatBytes(bytes)}), offered in ${counted(copies, "copy", "copies")}: farmers that fetch, such as \`cairn farmer\`, take them first.`,
  );
}
