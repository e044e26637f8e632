import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOfKey, openKeyFile } from "@cairn/chain";
import type { Address, Hex } from "@cairn/core";
import { type Home, writeNew } from "./home.ts";

export interface HomeKey {
  address: Address;
  key: Hex;
}

/** The passphrase is 256 random bits, so stretching it would only cost start-up time. */
const SCRYPT_N = 2 ** 12;

/** A key of a role that signs by itself on this machine (validator, executor, verifier), made at first use; keystore encrypted under the home's secret. */
export async function homeKey(home: Home, role: "chain" | "gateway", name: string): Promise<HomeKey> {
  const directory = join(home[role], "keys");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const key = await openKeyFile(join(directory, `${name}.json`), await homeSecret(home), { n: SCRYPT_N });
  return { key, address: addressOfKey(key).toLowerCase() as Address };
}

async function homeSecret(home: Home): Promise<string> {
  const path = join(home.directory, "secret");
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await writeNew(path, `${randomBytes(32).toString("base64url")}\n`);
  return (await readFile(path, "utf8")).trim();
}
