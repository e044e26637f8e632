import fc from "fast-check";
import * as openpgp from "openpgp";
import { expect, it } from "vitest";
import { generateAccountKey } from "./account-key.ts";
import { openOwnSecret, openSecret, sealSecret } from "./seal-secret.ts";

it("opens with the key that it was sealed to, whatever it holds, and with no other", async () => {
  const [key, other] = [await generateAccountKey({ name: "a" }), await generateAccountKey({ name: "b" })];
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (secret) => {
      const sealed = await sealSecret(key, secret);
      expect([...(await openSecret(key, sealed))]).toEqual([...secret]);
      expect([...(await openOwnSecret(key, sealed))]).toEqual([...secret]);
      await expect(openSecret(other, sealed)).rejects.toMatchObject({ code: "wrong-key" });
    }),
    { numRuns: 10 },
  );
  const sealed = await sealSecret(key, new Uint8Array(32).fill(7));
  sealed[sealed.length - 1]! ^= 1;
  await expect(openSecret(key, sealed)).rejects.toMatchObject({ code: "wrong-key" });
  await expect(openSecret(key, new Uint8Array(10))).rejects.toMatchObject({ code: "wrong-key" });
});

it("tells what the key itself sealed from what anybody sealed to it", async () => {
  const [key, other] = [await generateAccountKey({ name: "a" }), await generateAccountKey({ name: "b" })];
  const sealedBy = async (signingKeys: openpgp.PrivateKey[]) =>
    (await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: new Uint8Array(32).fill(7) }),
      ...{ encryptionKeys: key.publicKey, signingKeys, format: "binary" },
    })) as Uint8Array;
  for (const forged of [await sealedBy([]), await sealedBy([other.privateKey])]) {
    expect([...(await openSecret(key, forged))]).toEqual([...new Uint8Array(32).fill(7)]);
    await expect(openOwnSecret(key, forged)).rejects.toMatchObject({ code: "wrong-key" });
  }
});
