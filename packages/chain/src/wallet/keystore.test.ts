import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDurably } from "@cairn/process";
import type { Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadKeystore, openKeyFile } from "./key-file.ts";
import { decryptKey, encryptKey } from "./keystore.ts";

const fast = { n: 2 ** 10 };
const key: Hex = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

/** From the Web3 Secret Storage definition. */
const VECTOR_PBKDF2 = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
/** From go-ethereum's tests: a key with a leading zero byte. */
const VECTOR_SCRYPT = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "e0c41130a323adc1446fc82f724bca2f" },
    ciphertext: "9517cd5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984",
    kdf: "scrypt",
    kdfparams: {
      dklen: 32,
      n: 2,
      p: 1,
      r: 8,
      salt: "711f816911c92d649fb4c84b047915679933555030b3552c1212609b38208c63",
    },
    mac: "d5e116151c6aa71470e67a7d42c9620c75c4d23229847dcc127794f0732b0db5",
  },
  id: "fecfc4ce-e956-48fd-953b-30f8b52ed66c",
  version: 3,
};
const SCRYPT_KEY: Hex = "0x00fa7b3db73dc7dfdf8c5fbdb796d741e4488628c41fc4febd9160a866ba0f35";

describe("keystore", () => {
  it.each([
    ["pbkdf2", VECTOR_PBKDF2, "testpassword", key],
    ["scrypt", VECTOR_SCRYPT, "foo", SCRYPT_KEY],
  ])("opens a published %s vector", async (_, vector, passphrase, expected) => {
    expect(await decryptKey(vector, passphrase)).toBe(expected);
    await expect(decryptKey(vector, `${passphrase} `)).rejects.toMatchObject({ code: "wrong-passphrase" });
  });

  it("gives back what it was given, and says whose it is", async () => {
    const keystore = await encryptKey(key, "häßlich", fast);
    expect(keystore.address).toBe(addressOfKey(key).slice(2));
    expect(await decryptKey(JSON.parse(JSON.stringify(keystore)), "häßlich")).toBe(key);
  });

  it("refuses a keystore that says another address", async () => {
    const keystore = await encryptKey(key, "p", fast);
    await expect(decryptKey({ ...keystore, address: "00".repeat(20) }, "p")).rejects.toMatchObject({
      code: "bad-keystore",
    });
  });

  it("refuses before it spends: costs beyond the cap", async () => {
    const keystore = await encryptKey(key, "p", fast);
    const costly = (change: Record<string, unknown>) => ({
      ...keystore,
      crypto: { ...keystore.crypto, kdfparams: { ...keystore.crypto.kdfparams, ...change } },
    });
    for (const change of [
      { n: 2 ** 29 },
      { r: 2 ** 20 },
      { n: 2 ** 18, r: 1 },
      { p: 2 ** 20 },
      { n: 1000 },
      { n: -1 },
      { dklen: 64 },
      { salt: "" },
    ]) {
      await expect(decryptKey(costly(change), "p")).rejects.toMatchObject({ code: "bad-keystore" });
    }
  });

  it("answers any JSON with bad-keystore", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await expect(decryptKey(value, "p")).rejects.toMatchObject({ code: "bad-keystore" });
        const half = { version: 3, crypto: { ...VECTOR_SCRYPT.crypto, kdfparams: value } };
        await expect(decryptKey(half, "p")).rejects.toMatchObject({ code: "bad-keystore" });
      }),
      { numRuns: 100 },
    );
  });
});

describe("key file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cairn-keys-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("makes a key once, readable by its owner only", async () => {
    const path = join(directory, "executor.json");
    const made = await openKeyFile(path, "p", fast);
    expect(await openKeyFile(path, "p", fast)).toBe(made);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(made.slice(2));
    await expect(openKeyFile(path, "other")).rejects.toMatchObject({ code: "wrong-passphrase" });
  });

  it("says what is wrong with a file that holds no keystore", async () => {
    const path = join(directory, "bad.json");
    expect(await loadKeystore(path)).toBeUndefined();
    await writeFile(path, "{");
    await expect(openKeyFile(path, "p")).rejects.toMatchObject({ code: "bad-keystore" });
    await writeFile(path, "x".repeat(20_000));
    await expect(openKeyFile(path, "p")).rejects.toMatchObject({ code: "file-too-large" });
  });

  it("leaves no draft behind, whether it succeeds or not", async () => {
    const path = join(directory, "text");
    await writeDurably(path, "one");
    await writeDurably(path, "two");
    expect(await readFile(path, "utf8")).toBe("two");
    await expect(writeDurably(join(directory, "missing", "text"), "x")).rejects.toMatchObject({ code: "ENOENT" });
    await chmod(path, 0o644);
    await writeDurably(path, "three");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["text"]);
  });
});
