import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openKeyFile } from "@cairn/chain";
import { type Address, addressOfKey, CairnError, type Hex } from "@cairn/protocol";
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
    const kept = (await readFile(path, "utf8")).trim();
    if (/^[0-9a-f]{64}$/.test(kept)) return kept;
    throw damaged(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made = randomBytes(32).toString("hex");
  await writeDurably(path, `${made}\n`);
  return made;
}

function damaged(path: string, cause?: unknown): CairnError {
  return new CairnError(`${path} is damaged: the provider's keys cannot be opened`, {
    code: "provider-keys-damaged",
    kind: "corrupt",
    details: { path },
    next: "Put it back from a copy. Without one, begin in an empty directory: the shards are rebuilt elsewhere.",
    ...(cause === undefined ? {} : { cause }),
  });
}

async function keyIn(path: string, ...rest: [passphrase: string, options: { n?: number }]): Promise<Hex> {
  return await openKeyFile(path, ...rest).catch((error: unknown) => {
    throw error instanceof CairnError && error.code === "bad-keystore" ? damaged(path, error) : error;
  });
}

/**
 * The keys under `root`/keys, made at the first start. Without a passphrase one is made and kept beside them (0600): then whoever reads the disk
 * has the keys.
 * @throws CairnError `wrong-passphrase`, `provider-keys-damaged`, `full`
 */
export async function openIdentity(root: string, passphrase?: string): Promise<Identity> {
  const directory = join(root, "keys");
  await makeDirectory(directory);
  const secret = passphrase ?? (await storedPassphrase(join(directory, "passphrase")));
  const options = passphrase === undefined ? { n: RANDOM_PASSPHRASE_COST } : {};
  const coldKey = await keyIn(join(directory, "cold.json"), secret, options);
  const hotKey = await keyIn(join(directory, "hot.json"), secret, options);
  return { provider: addressOfKey(coldKey), hot: addressOfKey(hotKey), coldKey, hotKey };
}
