import { createHash } from "node:crypto";
import { DamageFound, deriveChallenges, NODE_BYTES, openingSize, payloadLeaves } from "@cairn/proofs";
import type { DealId, Hex } from "@cairn/protocol";
import type { ProviderContext, ProviderParts } from "../src/context.ts";

/** Turns an honest provider's parts into a liar's, before it starts. */
export type Liar = (parts: ProviderParts, context: ProviderContext) => void;

async function* flipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    const copy = Uint8Array.from(chunk);
    copy[0] = (copy[0] ?? 0) ^ 1;
    yield copy;
  }
}

/** Sends other bytes than it holds. */
export const wrongBytes: Liar = (parts) => {
  const { readShard } = parts;
  parts.readShard = (held, offset, length) => {
    const body = readShard(held, offset, length);
    return { ...body, bytes: flipped(body.bytes) };
  };
};

/** Signs proofs with one bit wrong. */
export const wrongProof: Liar = (parts) => {
  const { proveShard } = parts;
  parts.proveShard = async (held, challenge) => {
    const proof = await proveShard(held, challenge);
    proof[0] = (proof[0] ?? 0) ^ 1;
    return proof;
  };
};

/** Proves once, and hands out that first proof ever after. */
export const oldProof: Liar = (parts) => {
  const { proveShard } = parts;
  const first = new Map<DealId, Uint8Array>();
  parts.proveShard = async (held, challenge) => {
    const kept = first.get(held.deal) ?? (await proveShard(held, challenge));
    first.set(held.deal, kept);
    return kept;
  };
};

/** Answers for one shard with a sound proof of another: the challenge of whichever other deal it holds, or its own deal's under another seed. */
export const othersProof: Liar = (parts, context) => {
  const { proveShard } = parts;
  parts.proveShard = (held, challenge) => {
    const other = context.shards.all().find(({ deal }) => deal !== held.deal);
    if (other !== undefined) return proveShard(other, challenge);
    const seed: Hex = `0x${createHash("sha256").update(challenge.seed).digest("hex")}`;
    return proveShard(held, { ...challenge, seed });
  };
};

function parentOf(node: Uint8Array, sibling: Uint8Array, index: number): Uint8Array {
  const pair = index % 2 === 0 ? [node, sibling] : [sibling, node];
  const parent = createHash("sha256").update(Buffer.concat(pair)).digest();
  parent[31] = (parent[31] ?? 0) & 0x3f;
  return parent;
}

/** Passes the node above each challenged leaf off as the leaf, with the path that truly leads from it; `padded` fills it up to the right length. */
export function innerNodeProof(padded: boolean): Liar {
  return (parts, context) => {
    const { proveShard } = parts;
    parts.proveShard = async (held, challenge) => {
      const proof = await proveShard(held, challenge);
      const subject = {
        ...challenge,
        chainId: context.deployment().chainId,
        deal: held.deal,
        provider: context.identity.provider,
      };
      const size = openingSize(held.rawLength);
      const openings = deriveChallenges(subject, payloadLeaves(held.rawLength), challenge.leaves).map((leaf, i) => {
        const opening = proof.subarray(i * size, (i + 1) * size);
        const parent = parentOf(opening.subarray(0, NODE_BYTES), opening.subarray(NODE_BYTES, 2 * NODE_BYTES), leaf);
        return Buffer.concat([parent, opening.subarray(2 * NODE_BYTES), Buffer.alloc(padded ? NODE_BYTES : 0)]);
      });
      return Buffer.concat(openings);
    };
  };
}

/** Sends bytes for ever, whatever was asked for. */
export const endlessBody: Liar = (parts) => {
  parts.readShard = () => ({
    bytes: (async function* () {
      for (;;) yield Buffer.alloc(1 << 16);
    })(),
  });
};

/** Keeps its connection open and does nothing more. */
export const silence: Liar = (parts) => {
  const never = () => new Promise<never>(() => undefined);
  parts.handlers = {
    quote: never,
    store: never,
    prove: never,
    scrub: never,
    discard: never,
    read: never,
    manifest: never,
  };
  parts.answerPeriod = async () => undefined;
  parts.reportDamage = async () => undefined;
};

/** As `silence`, but only once it holds a shard: until then it quotes and stores like any other. */
export const silentHolder: Liar = (parts, context) => {
  const { answerPeriod } = parts;
  parts.answerPeriod = (period, seed) => (context.shards.size > 0 ? Promise.resolve() : answerPeriod(period, seed));
  parts.reportDamage = async () => undefined;
};

/** Says that every scrub went well, reports nothing, and falls silent where a challenge hits what is damaged. */
export const hidesDamage: Liar = (parts) => {
  const { proveShard } = parts;
  parts.scrubShard = async (held) => ({ damage: [], checkedBytes: held.rawLength });
  parts.reportDamage = async () => undefined;
  parts.proveShard = (held, challenge) =>
    proveShard(held, challenge).catch((error) => {
      if (!(error instanceof DamageFound)) throw error;
      return new Promise<never>(() => undefined);
    });
};

/** By the name under which `liar-main.ts` starts them. */
export const LIARS: Record<string, Liar> = {
  "wrong-bytes": wrongBytes,
  "wrong-proof": wrongProof,
  "old-proof": oldProof,
  "others-proof": othersProof,
  "inner-node-proof": innerNodeProof(true),
  "short-inner-node-proof": innerNodeProof(false),
  "endless-body": endlessBody,
  silence,
  "silent-holder": silentHolder,
  "hides-damage": hidesDamage,
};
