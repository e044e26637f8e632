import fc from "fast-check";
import { expect, it } from "vitest";
import { generateAccountKey } from "./account-key.ts";
import { openSecret, sealSecret } from "./seal-secret.ts";

it("opens with the key that it was sealed to, whatever it holds, and with no other", async () => {
  const [key, other] = [await generateAccountKey({ name: "a" }), await generateAccountKey({ name: "b" })];
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (secret) => {
      const sealed = await sealSecret(key, secret);
      expect([...(await openSecret(key, sealed))]).toEqual([...secret]);
      await expect(openSecret(other, sealed)).rejects.toMatchObject({ code: "wrong-key" });
    }),
    { numRuns: 10 },
  );
  const sealed = await sealSecret(key, new Uint8Array(32).fill(7));
  sealed[sealed.length - 1]! ^= 1;
  await expect(openSecret(key, sealed)).rejects.toMatchObject({ code: "wrong-key" });
  await expect(openSecret(key, new Uint8Array(10))).rejects.toMatchObject({ code: "wrong-key" });
});
