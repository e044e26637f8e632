import { inTransaction } from "@cairn/database";
import type { PoolClient } from "pg";
import { holdWhitelist } from "../locks.ts";
import type { NodeContext } from "../node-context.ts";
import type { Registration } from "../verification-node.ts";
import { isSjcxAddress } from "./check-address.ts";
import { networkKeys } from "./network-keys.ts";
import { consumeNonce, missingNonce } from "./nonces.ts";
import { badAddress, notWhitelisted } from "./refusals.ts";
import { takeRoom } from "./take-room.ts";
import { hashTokenBytes, TOKEN_BYTES } from "./token.ts";

/** Once the whitelist holds any address, only those with enough balance may have tokens. */
async function checkWhitelist(client: PoolClient, address: string, minBalance: number): Promise<void> {
  await holdWhitelist(client);
  const { rows } = await client.query<{ enforced: boolean; enough: boolean | null }>(
    `select exists (select from downstream.addresses) as enforced,
       (select balance >= $2 from downstream.addresses where address = $1) as enough`,
    [address, minBalance],
  );
  const { enforced, enough } = rows[0]!;
  if (enforced && enough !== true) throw notWhitelisted();
}

/**
 * A new token for an address whose ownership was checked; several registrations at once never exceed the limit of a network. What is
 * refused uses up no nonce.
 *
 * @param proof what the owner signed; kept beside the token
 * @throws CairnError `downstream-bad-nonce`, `downstream-too-many-tokens`, `downstream-bad-address`, `downstream-not-whitelisted`
 */
export async function register(
  context: NodeContext,
  address: string,
  ip: string,
  proof?: { message: string; signature: string },
): Promise<Registration> {
  const { pool, settings, beats, now, random } = context;
  if (settings.requireNonce && !proof) throw missingNonce();
  const { networkKey, ipHash } = networkKeys(beats.networkKey, ip);
  const location = context.locate(ip);
  const token = Buffer.from(random(TOKEN_BYTES));
  const { tokenHash, farmerId } = hashTokenBytes(token);
  await inTransaction(pool, async (client) => {
    if (proof) {
      const signed = { address, message: proof.message };
      await consumeNonce(client, beats.nonceKey, signed, { now: now(), required: settings.requireNonce });
    }
    await takeRoom(client, networkKey, settings.maxTokensPerNetwork);
    if (!isSjcxAddress(address)) throw badAddress();
    await checkWhitelist(client, address, settings.minBalance);
    await client.query(
      `insert into downstream.tokens
         (token_hash, farmer_id, address, scheme, network_key, ip_hash, location, message, signature, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        tokenHash,
        farmerId,
        address,
        settings.scheme,
        networkKey,
        ipHash,
        JSON.stringify(location),
        proof?.message ?? null,
        proof?.signature ?? null,
        now(),
      ],
    );
  });
  return { token: token.toString("hex"), farmerId, scheme: settings.scheme };
}
