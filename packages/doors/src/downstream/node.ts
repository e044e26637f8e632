import { merkleBeatToWire, newSwizzleBeat, publicSwizzleBeat, swizzleBeatToWire } from "@cairn/proofs/heartbeat";
import { CairnError } from "@cairn/protocol/errors";
import type { Pool } from "pg";
import { bindBeats } from "./bind-beats.ts";
import { AnswerBatcher } from "./contracts/answer-batcher.ts";
import { contractBeats } from "./contracts/contract-beats.ts";
import { ContractKeeper } from "./contracts/contract-keeper.ts";
import { readChallenges } from "./contracts/read-challenges.ts";
import { findShard } from "./files/find-shard.ts";
import { handOut } from "./hand-out/hand-out.ts";
import { markSingle } from "./hand-out/mark-single.ts";
import type { NodeContext } from "./node-context.ts";
import { ChunkPool } from "./pool/chunk-pool.ts";
import { type DownstreamMetrics, SILENT_METRICS } from "./status/downstream-metrics.ts";
import { findToken } from "./tokens/find.ts";
import { networkKeys } from "./tokens/network-keys.ts";
import { NONCE_SECONDS, nonceMessage } from "./tokens/nonces.ts";
import { register } from "./tokens/register.ts";
import { removeToken } from "./tokens/remove.ts";
import { rotateToken } from "./tokens/rotate.ts";
import { Turns } from "./turns.ts";
import type { HandOut, VerificationNode } from "./verification-node.ts";

/** Registrations and hand-outs that may wait for each other inside the database: answers and challenges need connections, too. */
const MOST_WAITING_IN_DATABASE = 4;

/** A verification node in this process. */
export interface RunningNode extends VerificationNode {
  readonly chunks: ChunkPool;
  /**
   * Begins what goes on beside requests: signs of life, contracts' ends, and keeping the pool full. Resolves when an absence of the node
   * has been made good; requests may then be taken.
   *
   * @param pool `when-needed`: nothing is prepared before the first farmer has registered
   */
  start(pool?: "at-once" | "when-needed"): Promise<void>;
  /** Ends it again. Answers under way are finished first. */
  stop(): Promise<void>;
}

/**
 * A verification node on a database that has `downstreamMigrations`. Several may share one database, when they share their secrets, too.
 *
 * @throws CairnError `downstream-bad-pool`
 */
export function createVerificationNode(context: NodeContext): RunningNode {
  const { pool, settings, beats, now, random } = context;
  const metrics = context.metrics ?? SILENT_METRICS;
  const ofContracts = contractBeats(beats, settings.checkFraction);
  const chunks = new ChunkPool(context);
  const keeper = new ContractKeeper({ pool, beats: ofContracts, now, log: context.log, wait: context.wait });
  const present = async () => {
    await keeper.presence.ensure();
  };
  const answers = new AnswerBatcher({
    pool,
    beats: ofContracts,
    now,
    networkKey: (ip) => networkKeys(beats.networkKey, ip).networkKey,
    maxTokensPerNetwork: settings.maxTokensPerNetwork,
    present,
    onBatch: metrics.batch,
  });
  let started = false;
  const turns = new Turns(MOST_WAITING_IN_DATABASE);
  const counted = <T>(work: Promise<T>): Promise<T> => countRefusal(metrics, work);

  return {
    settings,
    chunks,
    heartbeat: (scheme) =>
      scheme === "Merkle"
        ? merkleBeatToWire({ checkFraction: settings.checkFraction })
        : swizzleBeatToWire(publicSwizzleBeat(newSwizzleBeat(beats.swizzle))),
    async register(address, ip, proof) {
      const { networkKey } = networkKeys(beats.networkKey, ip);
      const registration = await counted(
        turns.take(networkKey.toString("hex"), () => register(context, address, ip, proof)),
      );
      metrics.token("registered");
      if (started) chunks.start();
      return registration;
    },
    issueNonce: async (address) => ({
      message: nonceMessage(beats.nonceKey, address, now(), random),
      expiresInSeconds: NONCE_SECONDS,
    }),
    find: (token) => counted(findToken(pool, token)),
    async remove(token) {
      await counted(removeToken(context, ofContracts, token));
      metrics.token("removed");
      chunks.poke();
    },
    async rotate(token) {
      const registration = await counted(rotateToken(context, token));
      metrics.token("rotated");
      return registration;
    },
    async handOut(token, ip, bytes, fetches) {
      await present();
      const request = { token, ip, bytes, fetches };
      const handed = await counted(turns.take(token, () => handOut(context, ofContracts, request)));
      keeper.presence.served();
      if (handed.chunks.length > 0) chunks.poke();
      return countEnd(metrics, handed);
    },
    async challenges(token, hashes) {
      await present();
      const challenges = await counted(readChallenges(pool, ofContracts, now, token, hashes));
      keeper.presence.served();
      metrics.challenged(challenges.length);
      return challenges;
    },
    async readsOne(token, hash) {
      if (await counted(markSingle(context, ofContracts, token, hash))) chunks.poke();
    },
    shard: (token, hash) => counted(findShard(pool, now(), token, hash)),
    async answer(token, ip, given) {
      const outcomes = await counted(answers.answer(token, ip, given));
      keeper.presence.served();
      for (const outcome of outcomes) metrics.answered(outcome);
      return outcomes;
    },
    async start(when = "at-once") {
      await bindBeats(pool, beats);
      await keeper.start();
      started = true;
      if (when === "at-once" || (await hasFarmers(pool))) chunks.start();
    },
    async stop() {
      await chunks.stop();
      await answers.idle();
      await keeper.stop();
    },
  };
}

async function hasFarmers(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query("select from downstream.tokens limit 1");
  return rows.length > 0;
}

async function countRefusal<T>(metrics: DownstreamMetrics, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CairnError) metrics.refused(error.code);
    throw error;
  }
}

function countEnd(metrics: DownstreamMetrics, handed: HandOut): HandOut {
  const bytes = handed.chunks.reduce((sum, { size }) => sum + size, 0);
  return {
    chunks: handed.chunks,
    async confirm() {
      await handed.confirm();
      metrics.handedOut("confirmed", handed.chunks.length, bytes);
    },
    async withdraw() {
      await handed.withdraw();
      metrics.handedOut("withdrawn", handed.chunks.length, bytes);
    },
  };
}
