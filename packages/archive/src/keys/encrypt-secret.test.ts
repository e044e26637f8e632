import fc from "fast-check";
import * as openpgp from "openpgp";
import { expect, it } from "vitest";
import { generateAccountKey } from "./account-key.ts";
import { decryptOwnSecret, decryptSecret, encryptSecret } from "./encrypt-secret.ts";

it("opens with the key that it was encrypted to, whatever it holds, and with no other", async () => {
  const [key, other] = [await generateAccountKey({ name: "a" }), await generateAccountKey({ name: "b" })];
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (secret) => {
      const encrypted = await encryptSecret(key, secret);
      expect([...(await decryptSecret(key, encrypted))]).toEqual([...secret]);
      expect([...(await decryptOwnSecret(key, encrypted))]).toEqual([...secret]);
      await expect(decryptSecret(other, encrypted)).rejects.toMatchObject({ code: "wrong-key" });
    }),
    { numRuns: 10 },
  );
  const encrypted = await encryptSecret(key, new Uint8Array(32).fill(7));
  encrypted[encrypted.length - 1]! ^= 1;
  await expect(decryptSecret(key, encrypted)).rejects.toMatchObject({ code: "wrong-key" });
  await expect(decryptSecret(key, new Uint8Array(10))).rejects.toMatchObject({ code: "wrong-key" });
});

it("tells what the key's holder encrypted from what anybody encrypted to it", async () => {
  const [key, other] = [await generateAccountKey({ name: "a" }), await generateAccountKey({ name: "b" })];
  const sealedBy = async (signingKeys: openpgp.PrivateKey[]) =>
    (await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: new Uint8Array(32).fill(7) }),
      ...{ encryptionKeys: key.publicKey, signingKeys, format: "binary" },
    })) as Uint8Array;
  for (const forged of [await sealedBy([]), await sealedBy([other.privateKey])]) {
    expect([...(await decryptSecret(key, forged))]).toEqual([...new Uint8Array(32).fill(7)]);
    await expect(decryptOwnSecret(key, forged)).rejects.toMatchObject({ code: "wrong-key" });
  }
});
