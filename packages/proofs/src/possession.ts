import { CHECK_CHALLENGES, PERIOD_CHALLENGES } from "@cairn/protocol/words";
import { deriveChallenges } from "./derive-challenges.ts";
import { PieceHasher } from "./piece-hasher.ts";
import { openOne } from "./proof-format.ts";
import type { ProofSystem } from "./proof-system.ts";
import { provePossession } from "./prove-possession.ts";
import type { ShardTree } from "./shard-tree.ts";
import { payloadLeaves } from "./sizes.ts";
import { type PossessionReason, verifyPossessions } from "./verify-possession.ts";

/** Possession of plain (masked) bytes under their CommP: docs/protocol.md, 3. */
export const possession: ProofSystem<ShardTree, PossessionReason> = {
  profile: "possession-sha256-trunc254-v1",
  challenges: { period: PERIOD_CHALLENGES, activation: PERIOD_CHALLENGES, check: CHECK_CHALLENGES },
  async commit(bytes) {
    const hasher = new PieceHasher({ collectTree: true });
    for await (const chunk of bytes) hasher.update(chunk);
    const { root, rawLength, tree } = hasher.digestTree();
    return { commitment: { dataRoot: root, rawLength }, cache: tree };
  },
  challenge(context, commitment, count = possession.challenges[context.purpose]) {
    return deriveChallenges(context, payloadLeaves(commitment.rawLength), count);
  },
  prove({ commitment, indices, cache, readRaw }) {
    return provePossession({
      indices,
      rawLength: commitment.rawLength,
      root: commitment.dataRoot,
      tree: cache,
      readRaw,
    });
  },
  verify(claims) {
    return verifyPossessions(
      claims.map(({ commitment, indices, proof }) => ({
        root: commitment.dataRoot,
        rawLength: commitment.rawLength,
        indices,
        proof,
      })),
    );
  },
  open(proof, commitment, position) {
    return openOne(proof, commitment.rawLength, position);
  },
};
