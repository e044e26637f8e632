import { openRpc } from "@cairn/chain";
import type { KnownNetwork } from "@cairn/owner/account-file";
import { addressOfText, CairnError, type Hex } from "@cairn/protocol";
import { type Home, writeWhole } from "../home/home.ts";
import { knownNetwork } from "../home/known-network.ts";

/**
 * Have a home that has no network yet work with the contracts of one that is there, instead of deploying its own.
 * @throws CairnError `bad-settings`, `network-changed` where the home has another, `chain-unreachable`
 */
export async function joinNetwork(
  home: Home,
  { deals: text, chainUrl }: { deals: string; chainUrl: string | undefined },
): Promise<void> {
  const deals = addressOfText(text);
  const known = await knownNetwork(home);
  if (known?.deals.toLowerCase() === deals) return;
  if (known !== undefined) {
    throw new CairnError(`the home ${home.directory} is of the network ${known.deals}`, {
      code: "network-changed",
      kind: "conflict",
      next: "Name another home with --home.",
    });
  }
  if (chainUrl === undefined) {
    throw new CairnError("--deals needs the chain of that network", {
      code: "bad-settings",
      kind: "input",
      next: "Name a node of it with --chain URL.",
    });
  }
  const rpc = openRpc(chainUrl);
  try {
    const network: KnownNetwork = { chainId: Number(await rpc.request<Hex>("eth_chainId", [])), deals };
    await writeWhole(home.joinedFile, `${JSON.stringify(network, null, 2)}\n`);
  } finally {
    await rpc.close();
  }
}
