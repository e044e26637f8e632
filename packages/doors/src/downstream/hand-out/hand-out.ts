import { inTransaction } from "@cairn/database";
import type { PoolClient } from "pg";
import type { ContractBeats } from "../contracts/contract-beats.ts";
import { takeTurn } from "../locks.ts";
import type { NodeContext } from "../node-context.ts";
import type { Scheme } from "../scheme.ts";
import { networkKeys } from "../tokens/network-keys.ts";
import { noToken } from "../tokens/refusals.ts";
import { takeRoom } from "../tokens/take-room.ts";
import { hashToken } from "../tokens/token.ts";
import type { HandOut } from "../verification-node.ts";
import { confirmContracts } from "./confirm-contracts.ts";
import { endContracts } from "./end-contracts.ts";
import { makeContracts } from "./make-contracts.ts";
import { reserveChunks } from "./reserve-chunks.ts";

interface Farmer {
  id: number;
  address: string;
  scheme: Scheme;
  /** It reads one contract from an answer. */
  readsOne: boolean;
}

export interface HandOutRequest {
  token: string;
  ip: string;
  /** What the chunks may have together. */
  bytes: number;
  /** Whether the client can take a shard from its source. */
  fetches: boolean;
}

/** The farmer behind a token, who is from now on where the request comes from, if there is room. */
async function welcome(client: PoolClient, context: NodeContext, { token, ip }: HandOutRequest): Promise<Farmer> {
  const { networkKey, ipHash } = networkKeys(context.beats.networkKey, ip);
  const { rows } = await client.query<Farmer & { networkKey: Buffer; ipHash: Buffer }>({
    name: "downstream-welcome",
    text: `select id, address, scheme, reads_one as "readsOne", network_key as "networkKey", ip_hash as "ipHash"
     from downstream.tokens where token_hash = $1 for key share`,
    values: [hashToken(token).tokenHash],
  });
  const farmer = rows[0];
  if (!farmer) throw noToken();
  if (!farmer.networkKey.equals(networkKey)) await takeRoom(client, networkKey, context.settings.maxTokensPerNetwork);
  if (!farmer.ipHash.equals(ipHash)) {
    await client.query("update downstream.tokens set network_key = $2, ip_hash = $3, location = $4 where id = $1", [
      farmer.id,
      networkKey,
      ipHash,
      JSON.stringify(context.locate(ip)),
    ]);
  }
  return farmer;
}

/** Bytes under contracts of all tokens of an address that have not expired. */
async function bytesHeld(client: PoolClient, address: string, now: number): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>({
    name: "downstream-bytes-held",
    text: `select coalesce(sum(contract.size), 0)::float8 as bytes
     from downstream.tokens token join downstream.contracts contract on contract.token_id = token.id
     where token.address = $1 and not contract.settled
       and contract.start + (contract.answers + 1) * contract.interval > $2`,
    values: [address, now],
  });
  return rows[0]!.bytes;
}

/**
 * Reserves chunks for a farmer and makes contracts on them, all or nothing. They are not firm until the answer has left whole; a
 * node that dies before it knows leaves them to expire, held against nobody. Requests of one address take turns, so that
 * together they never exceed its budget.
 *
 * @throws CairnError `downstream-no-token`; `downstream-too-many-tokens` when the request comes from another network than the
 *   token's, and that one has as many tokens as it may
 */
export async function handOut(context: NodeContext, beats: ContractBeats, request: HandOutRequest): Promise<HandOut> {
  const { pool, settings } = context;
  const made = await inTransaction(pool, async (client) => {
    const farmer = await welcome(client, context, request);
    await takeTurn(client, "address", farmer.address);
    const now = context.now();
    const budget = settings.maxBytesPerAddress - (await bytesHeld(client, farmer.address, now));
    const chunks = await reserveChunks(client, {
      scheme: farmer.scheme,
      address: farmer.address,
      bytes: Math.min(request.bytes, budget),
      most: farmer.readsOne ? 1 : settings.maxChunksPerRequest || Number.POSITIVE_INFINITY,
      fetches: request.fetches,
    });
    return makeContracts(client, beats, farmer.id, chunks, context.now());
  });
  const ids = made.map(({ id }) => id);
  return {
    chunks: made.map(({ handed }) => handed),
    confirm: () => confirmContracts(pool, ids),
    withdraw: async () => {
      await inTransaction(pool, (client) => endContracts(client, beats, ids, { unansweredOnly: true }));
    },
  };
}
