import { createHmac, timingSafeEqual } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import type { PoolClient } from "pg";

/** How long an owner has to sign. */
export const NONCE_SECONDS = 600;

const EXPIRY_BYTES = 6;
const RANDOM_BYTES = 10;
const MAC_BYTES = 16;
const NONCE = /\bnonce ([0-9a-f]{64})\b/g;

function badNonce(message: string): CairnError {
  return new CairnError(message, {
    code: "downstream-bad-nonce",
    kind: "input",
    next: "Fetch a new nonce from this node, sign the text that comes with it, and register with that.",
  });
}

export function missingNonce(): CairnError {
  return badNonce("the signed message holds no nonce of this node");
}

function macOf(key: Uint8Array, head: Uint8Array, address: string): Buffer {
  return createHmac("sha256", key).update(head).update(address).digest().subarray(0, MAC_BYTES);
}

/**
 * A text to sign for `address`: it holds a nonce that only the holder of `key` can have made, good for ten minutes from `now` (seconds).
 * Nothing is stored until it is used.
 */
export function nonceMessage(
  key: Uint8Array,
  address: string,
  now: number,
  random: (bytes: number) => Uint8Array,
): string {
  const head = Buffer.alloc(EXPIRY_BYTES + RANDOM_BYTES);
  head.writeUIntBE(Math.floor(now) + NONCE_SECONDS, 0, EXPIRY_BYTES);
  head.set(random(RANDOM_BYTES), EXPIRY_BYTES);
  const nonce = Buffer.concat([head, macOf(key, head, address)]).toString("hex");
  return `Registration of ${address} at a verification node, nonce ${nonce}`;
}

/**
 * Uses up the nonce of a signed message, inside the transaction that registers its signer. A message without one passes unless
 * `required`; one with a nonce that another node made, for another address, long ago or that was used before never passes.
 *
 * @throws CairnError `downstream-bad-nonce`
 */
export async function consumeNonce(
  client: PoolClient,
  key: Uint8Array,
  signed: { address: string; message: string },
  options: { now: number; required: boolean },
): Promise<void> {
  const found = [...signed.message.matchAll(NONCE)];
  if (found.length === 0) {
    if (options.required) throw missingNonce();
    return;
  }
  if (found.length > 1) throw badNonce("the signed message holds more than one nonce");
  const nonce = Buffer.from(found[0]![1]!, "hex");
  const head = nonce.subarray(0, EXPIRY_BYTES + RANDOM_BYTES);
  if (!timingSafeEqual(nonce.subarray(head.length), macOf(key, head, signed.address)))
    throw badNonce("the nonce is not one that this node gave to this address");
  const expiresAt = head.readUIntBE(0, EXPIRY_BYTES);
  if (expiresAt <= options.now) throw badNonce("the nonce has expired");
  const used = await client.query(
    "insert into downstream.used_nonces (nonce, expires_at) values ($1, $2) on conflict do nothing",
    [nonce, expiresAt],
  );
  if (used.rowCount === 0) throw badNonce("the nonce was used before");
  await client.query(
    `delete from downstream.used_nonces where nonce in
       (select nonce from downstream.used_nonces where expires_at <= $1 for update skip locked)`,
    [options.now],
  );
}
