import { join } from "node:path";
import { openKeyFile } from "@cairn/chain/wallet";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";
import { corrupt, type Home, makeDirectory, readRandomText, writeRandomText } from "./home.ts";

export interface HomeKey {
  address: Address;
  key: Hex;
}

/** The passphrase is 256 random bits, so stretching it would only cost start-up time. */
const SCRYPT_N = 2 ** 12;

/** A key of a role that signs by itself on this machine (validator, executor, verifier), made at first use; keystore encrypted under the home's secret. */
export async function homeKey(home: Home, role: "chain" | "gateway", name: string): Promise<HomeKey> {
  const directory = join(home[role], "keys");
  await makeDirectory(directory);
  const path = join(directory, `${name}.json`);
  const key = await openKeyFile(path, await homeSecret(home), { n: SCRYPT_N }).catch((error: unknown) => {
    throw damagedKey(path, error);
  });
  return { key, address: addressOfKey(key).toLowerCase() as Address };
}

function damagedKey(path: string, error: unknown): unknown {
  if (!(error instanceof CairnError)) return error;
  if (error.code === "wrong-passphrase") return corrupt(path, "is not opened by the home's file `secret`", error);
  return error.code === "bad-keystore" ? corrupt(path, "is damaged", error) : error;
}

/** What keys of this home are encrypted under, made at first use: 256 random bits. */
export async function homeSecret(home: Home): Promise<string> {
  const path = join(home.directory, "secret");
  const found = await readRandomText(path);
  if (found === "damaged") throw corrupt(path, "is damaged, and the home's keys cannot be opened without it");
  return found?.text ?? (await writeRandomText(path));
}
