import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAccountFile, writeAccountFile } from "./account-file.ts";

const secrets = {
  openpgp: "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxyz\n-----END PGP PRIVATE KEY BLOCK-----\n",
  wallet: `0x${"ab".repeat(32)}` as const,
  lookupKey: Buffer.alloc(32, 7).toString("base64"),
};

describe("account file", () => {
  it("keeps what follows from a recovery phrase, and takes no part of it", async () => {
    const phrase = { wallet: `0x${"cd".repeat(32)}` as const, bundleKey: Buffer.alloc(32, 9).toString("base64") };
    expect(await readAccountFile(await writeAccountFile({ ...secrets, phrase }))).toEqual({ ...secrets, phrase });
    const half = JSON.stringify({ format: "cairn-account-1", ...secrets, phrase: { wallet: phrase.wallet } });
    await expect(readAccountFile(half)).rejects.toMatchObject({ code: "bad-account-file" });
  });

  it("reads back what it wrote, open and encrypted", async () => {
    expect(await readAccountFile(await writeAccountFile(secrets))).toEqual(secrets);
    const encrypted = await writeAccountFile(secrets, "correct horse");
    expect(encrypted).not.toContain(secrets.wallet);
    expect(await readAccountFile(encrypted, "correct horse")).toEqual(secrets);
    await expect(readAccountFile(encrypted, "wrong")).rejects.toMatchObject({ code: "wrong-passphrase" });
    await expect(readAccountFile(encrypted)).rejects.toMatchObject({ code: "passphrase-needed" });
  });

  it("answers any other text with bad-account-file", async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const error = await readAccountFile(text).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(CairnError);
        expect(error.code).toBe("bad-account-file");
      }),
    );
  });
});
