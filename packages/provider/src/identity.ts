import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOfKey, openKeyFile } from "@cairn/chain";
import type { Address, Hex } from "@cairn/core";
import { makeDirectory, writeDurably } from "./files/durable.ts";

/** Who the provider is: the cold key is its name and is paid, the hot key signs day by day. */
export interface Identity {
  /** Address of the cold key. */
  provider: Address;
  hot: Address;
  coldKey: Hex;
  hotKey: Hex;
}

/** scrypt's cost where the passphrase is 256 random bits: stretching it adds nothing. */
const RANDOM_PASSPHRASE_COST = 2 ** 10;

async function storedPassphrase(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made = randomBytes(32).toString("hex");
  await writeDurably(path, `${made}\n`);
  return made;
}

/**
 * The keys under `root`/keys, made at the first start. Without a passphrase one is made and kept beside them (0600): then whoever reads the disk
 * has the keys.
 * @throws CairnError `wrong-passphrase`, `bad-keystore`, `full`
 */
export async function openIdentity(root: string, passphrase?: string): Promise<Identity> {
  const directory = join(root, "keys");
  await makeDirectory(directory);
  const secret = passphrase ?? (await storedPassphrase(join(directory, "passphrase")));
  const options = passphrase === undefined ? { n: RANDOM_PASSPHRASE_COST } : {};
  const coldKey = await openKeyFile(join(directory, "cold.json"), secret, options);
  const hotKey = await openKeyFile(join(directory, "hot.json"), secret, options);
  return { provider: addressOfKey(coldKey), hot: addressOfKey(hotKey), coldKey, hotKey };
}
