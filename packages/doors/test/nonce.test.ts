import { secp256k1 } from "@noble/curves/secp256k1";
import { ripemd160 } from "@noble/hashes/legacy";
import { sha256 } from "@noble/hashes/sha2";
import { base58check } from "@scure/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bitcoinMessageHash } from "../src/downstream/http/bitcoin-message.ts";
import { TEXTS } from "../src/downstream/http/refusal.ts";
import { openRealDoor, type RealDoor } from "./support/real-door.ts";

const PREFIX = "/api/downstream/v1";

/** A farmer's key and address. */
function owner() {
  const key = secp256k1.utils.randomPrivateKey();
  const hash = ripemd160(sha256(secp256k1.getPublicKey(key)));
  const address = base58check(sha256).encode(Uint8Array.of(0, ...hash));
  const sign = (message: string) => {
    const signature = secp256k1.sign(bitcoinMessageHash(message), key).toCompactRawBytes();
    return { message, signature: Buffer.from(Uint8Array.of(31, ...signature)).toString("base64") };
  };
  return { address, sign };
}

describe("registration at a node that requires a nonce", () => {
  let door: RealDoor;
  let now = 1_795_000_000;

  beforeAll(async () => {
    door = await openRealDoor({ requireNonce: true, requireSignature: false }, () => now);
  });

  afterAll(async () => {
    expect(door.errors).toEqual([]);
    await door.close();
  });

  const nonce = async (address: string) => {
    const { json } = await door.call("GET", `${PREFIX}/nonce/${address}`);
    return (json as { message: string }).message;
  };
  const register = (address: string, signed: object) => {
    const options = { body: JSON.stringify(signed), headers: { "content-type": "application/json" } };
    return door.call("POST", `${PREFIX}/new/${address}`, options);
  };
  const refused = { status: "error", message: TEXTS.badNonce };

  it("takes what the owner signed, once, and what nobody else or no other node asked for", async () => {
    const { address, sign } = owner();
    const signed = sign(await nonce(address));
    const answer = await register(address, signed);
    expect([answer.status, answer.json]).toEqual([200, expect.objectContaining({ type: "Merkle" })]);
    const again = await register(address, signed);
    expect([again.status, again.json]).toEqual([400, refused]);
    for (const message of ["a message of my choice", await nonce(owner().address)]) {
      const other = await register(address, sign(message));
      expect([other.status, other.json]).toEqual([400, refused]);
    }
    const unsigned = await door.call("GET", `${PREFIX}/new/${address}`);
    expect(unsigned.json).toMatchObject({ message: TEXTS.signatureRequired });
  });

  it("takes none that has grown old", async () => {
    const { address, sign } = owner();
    const signed = sign(await nonce(address));
    now += 601;
    expect((await register(address, signed)).json).toEqual(refused);
  });
});
