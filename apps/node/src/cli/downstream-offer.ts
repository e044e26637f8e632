import { CairnError } from "@cairn/core";
import { findPackage } from "./find-package.ts";
import { formatBytes } from "./format.ts";
import { startProgress } from "./progress.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

/** Hand out a package's shards to farmers of the downstream door, besides the providers that hold them under deals. */
export async function offer(target: string, options: CommonOptions & { copies?: number }): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const found = await findPackage(client, account, target);
  const slots = (await client.package(found.id)).slots.filter(({ state }) => state === "ACTIVE");
  if (slots.length === 0) {
    throw new CairnError(`no shard of ${target} is held under an active deal`, {
      code: "nothing-to-offer",
      kind: "conflict",
      next: "See `cairn show` for the package's state.",
    });
  }
  const copies = options.copies ?? 1;
  const progress = startProgress("Shards offered", "items", output.json);
  const shards: { piece: number; shard: number; size: number; sha256: string; encoded: number }[] = [];
  try {
    for (const { piece, shard } of slots) {
      shards.push({ piece, shard, ...(await client.offerShard(found.id, { piece, shard, copies })) });
      progress.update(shards.length, slots.length);
    }
  } finally {
    progress.stop();
  }
  output.result({ package: found.id, copies, shards });
  const bytes = shards.reduce((sum, { size }) => sum + size, 0);
  output.say(
    `${shards.length} shards (${formatBytes(bytes)}) are offered in ${copies} ${copies === 1 ? "copy" : "copies"}: farmers that fetch, such as \`cairn farmer\`, take them first.`,
  );
}
