import { join } from "node:path";
import { deriveChallenges, PieceHasher, payloadLeaves, provePossession, type ScrubResult, scrub } from "@cairn/proofs";
import { asCairnError } from "@cairn/protocol";
import type { Challenge, ProviderContext } from "../context.ts";
import { writeDurably } from "../files/durable.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import { readPart, withRawReader, withScrubReader } from "../shards/read-shard.ts";

const rootOf = (held: HeldShard) => Buffer.from(held.commitment.slice(2), "hex");

/** Hash the shard again: its tree is written anew when the bytes are whole. Returns whether they are. */
async function rebuildTree(context: ProviderContext, held: HeldShard): Promise<boolean> {
  context.trees.forget(held.deal);
  const hasher = new PieceHasher({ collectTree: true });
  try {
    for await (const bytes of readPart(held, "shard", 0, held.rawLength)) hasher.update(bytes);
  } catch (error) {
    context.log.warn({ deal: held.deal, reason: asCairnError(error).message }, "a shard cannot be read whole");
    return false;
  }
  const { root, tree } = hasher.digestTree();
  if (!rootOf(held).equals(root)) return false;
  await writeDurably(join(held.directory, "tree"), tree.serialise());
  context.log.warn({ deal: held.deal }, "a cached tree was damaged and is rebuilt");
  return true;
}

/** Whether the cached tree, not the data, was found wrong. */
function isTreeFault(error: unknown): boolean {
  return ["tree-damaged", "bad-tree"].includes(asCairnError(error).code);
}

const whole = (held: HeldShard): ScrubResult => ({
  damage: [{ offset: 0, length: held.rawLength }],
  checkedBytes: held.rawLength,
});

/** Open the leaves that a challenge draws. @throws DamageFound when stored bytes are wrong, CairnError `tree-damaged` when nothing tells where */
export async function proveShard(context: ProviderContext, held: HeldShard, challenge: Challenge): Promise<Uint8Array> {
  const { purpose, period, seed, leaves } = challenge;
  const subject = {
    purpose,
    seed,
    chainId: context.deployment().chainId,
    deal: held.deal,
    provider: context.identity.provider,
    period,
  };
  const indices = deriveChallenges(subject, payloadLeaves(held.rawLength), leaves);
  const prove = async () => {
    const tree = await context.trees.of(held);
    return withRawReader(held, (readRaw) =>
      provePossession({ indices, rawLength: held.rawLength, root: rootOf(held), tree, readRaw }),
    );
  };
  try {
    return await prove();
  } catch (error) {
    if (!isTreeFault(error) || !(await rebuildTree(context, held))) throw error;
    return prove();
  }
}

/** Compare every stored byte with the commitment. A shard that cannot be told from its tree is damaged as a whole. */
export async function scrubShard(
  context: ProviderContext,
  held: HeldShard,
  pace: (bytes: number) => Promise<void> = async () => undefined,
): Promise<ScrubResult> {
  const run = async () => {
    const tree = await context.trees.of(held);
    return withScrubReader(held, (readRaw) =>
      scrub({
        rawLength: held.rawLength,
        root: rootOf(held),
        tree,
        readRaw: async (offset, length) => {
          await pace(length);
          return readRaw(offset, length);
        },
      }),
    );
  };
  try {
    return await run();
  } catch (error) {
    if (!isTreeFault(error)) throw error;
    return (await rebuildTree(context, held)) ? run() : whole(held);
  }
}
