import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadKeystore } from "@cairn/chain";
import type { Deployment } from "@cairn/core";
import { type Address, CairnError, type DealId, messageFromJson, type Quote } from "@cairn/protocol";
import { fieldsOf } from "@cairn/protocol/wire";
import { deploymentFromJson } from "./gateways/network-info.ts";

/** What a provider's directory holds, told from its files alone: whether or not the program runs. */
export interface ProviderInspection {
  provider: Address;
  hot: Address;
  /** The network that it joined; undefined before the first contact. */
  chain: { chainUrl: string; deployment: Deployment } | undefined;
  /** Every quote that may still cost space; `held` when its shard is whole on the disk. */
  deals: { deal: DealId; quote: Quote; quotedAt: number; held: boolean }[];
}

/** The network that a provider's directory joined, as remembered from its gateways. */
export async function rememberedChain(directory: string): Promise<ProviderInspection["chain"]> {
  try {
    const fields = fieldsOf("network", JSON.parse(await readFile(join(directory, "network.json"), "utf8")));
    return {
      chainUrl: fields.text("chainUrl", /^\S+$/, 1024),
      deployment: deploymentFromJson(fields.object("deployment")),
    };
  } catch (error) {
    // A damaged one counts as none: the gateways tell again.
    const damaged = error instanceof SyntaxError || error instanceof CairnError;
    if (!damaged && (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

async function addressIn(directory: string, file: string): Promise<Address> {
  const keystore = await loadKeystore(join(directory, "keys", file));
  if (keystore === undefined) {
    throw new CairnError(`${directory} is no provider's directory`, {
      code: "no-provider",
      kind: "missing",
      next: "Name the directory of a provider that was started before.",
    });
  }
  return `0x${fieldsOf("keystore", keystore)
    .text("address", /^[0-9a-fA-F]{40}$/, 40)
    .toLowerCase()}`;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** @throws CairnError `no-provider` */
export async function inspectProvider(directory: string): Promise<ProviderInspection> {
  const [provider, hot] = await Promise.all([addressIn(directory, "cold.json"), addressIn(directory, "hot.json")]);
  const held = new Set(await namesIn(join(directory, "shards")));
  const deals = [];
  for (const name of await namesIn(join(directory, "deals"))) {
    if (!name.endsWith(".json")) continue;
    const fields = fieldsOf("deal", JSON.parse(await readFile(join(directory, "deals", name), "utf8")));
    const deal = fields.hex32("deal");
    const quotedAt = fields.integer("quotedAt", 0, Number.MAX_SAFE_INTEGER);
    deals.push({ deal, quote: messageFromJson("Quote", fields.raw("quote")), quotedAt, held: held.has(deal) });
  }
  return { provider, hot, chain: await rememberedChain(directory), deals };
}
