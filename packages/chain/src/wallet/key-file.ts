import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { writeDurably } from "@cairn/process";
import { CairnError, type Hex } from "@cairn/protocol";
import { generateKey } from "./generate-key.ts";
import { decryptKey, encryptKey, type Keystore, type KeystoreOptions } from "./keystore.ts";

/** A keystore is about 500 bytes. */
const MAX_FILE_BYTES = 16_384;

/** The text of a small file, or undefined when there is none; throws `file-too-large` beyond `limit` bytes. */
export async function readSmallFile(path: string, limit: number): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > limit) {
      throw new CairnError(`${path} has ${size} bytes, more than the ${limit} that such a file can have`, {
        code: "file-too-large",
        kind: "input",
        next: "Name the key file itself; it has one line.",
        details: { path, size, limit },
      });
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

export async function saveKeystore(path: string, keystore: Keystore): Promise<void> {
  await writeDurably(path, `${JSON.stringify(keystore, null, 2)}\n`);
}

/** The keystore in a file, unparsed beyond JSON, or undefined when there is no file; throws `bad-keystore`. */
export async function loadKeystore(path: string): Promise<unknown> {
  const text = await readSmallFile(path, MAX_FILE_BYTES);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CairnError(`${path} is not JSON`, {
      code: "bad-keystore",
      kind: "input",
      details: { path },
      cause: error,
    });
  }
}

/**
 * The key in the keystore file at `path`; the first time a new key is made and saved.
 *
 * @throws CairnError `wrong-passphrase`, `bad-keystore`
 */
export async function openKeyFile(path: string, passphrase: string, options: KeystoreOptions = {}): Promise<Hex> {
  const stored = await loadKeystore(path);
  if (stored !== undefined) return decryptKey(stored, passphrase);
  const key = generateKey();
  await saveKeystore(path, await encryptKey(key, passphrase, options));
  return key;
}
