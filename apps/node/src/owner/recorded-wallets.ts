import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "@cairn/protocol";
import { type Home, makeDirectory, writeWhole } from "../home/home.ts";

const ADDRESS = /^0x[0-9a-f]{40}$/;
const folderOf = (home: Pick<Home, "account">) => join(home.account, "wallets");

/** Wallets that this home knows to be its owner's without their keys: made here, named by whoever used it, or brought back: a file for each. */
export async function recordedWallets(home: Pick<Home, "account">): Promise<Address[]> {
  const files = await readdir(folderOf(home)).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files.filter((file): file is Address => ADDRESS.test(file));
}

export async function recordWallet(home: Pick<Home, "account">, address: string): Promise<void> {
  const file = address.toLowerCase();
  if (!ADDRESS.test(file)) throw new Error(`${address} is no address`);
  await makeDirectory(folderOf(home));
  await writeWhole(join(folderOf(home), file), "");
}
