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
  it("reads back what it wrote, open and sealed", async () => {
    expect(await readAccountFile(await writeAccountFile(secrets))).toEqual(secrets);
    const sealed = await writeAccountFile(secrets, "correct horse");
    expect(sealed).not.toContain(secrets.wallet);
    expect(await readAccountFile(sealed, "correct horse")).toEqual(secrets);
    await expect(readAccountFile(sealed, "wrong")).rejects.toMatchObject({ code: "wrong-passphrase" });
    await expect(readAccountFile(sealed)).rejects.toMatchObject({ code: "passphrase-needed" });
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
