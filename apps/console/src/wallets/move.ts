import type { WalletJson } from "@cairn/client";
import type { Address, Money } from "@cairn/protocol";
import { client } from "../api/client.ts";
import { openOwner } from "../keys/keys.ts";
import { pinnedNetwork } from "../keys/ready-wallet.ts";
import { recordsOf } from "../keys/records.ts";
import { openWalletKey } from "./wallet-key.ts";

/** What a person has done with a wallet's money. */
export type Move =
  | { kind: "deposit"; amount: Money; wallet: Address }
  | { kind: "withdraw"; amount: Money }
  | { kind: "send"; amount: Money; to: Address };

const chainOf = async () => (await import("@cairn/owner/gateway-coins")).gatewayCoins(client);

/** The most wei that it costs beside what it moves; no key is needed to ask. @throws CairnError as `quoteFee` */
export async function quoteMove(address: Address, move: Move): Promise<Money> {
  const [{ deploymentOf }, { quoteFee }, call, chain, network] = await Promise.all([
    import("@cairn/owner/deployment-of"),
    import("@cairn/owner/send-call"),
    callOf(move),
    chainOf(),
    client.network(),
  ]);
  const deployment = deploymentOf(network);
  return quoteFee(chain, { address, chainId: deployment.chainId, call: call(deployment) });
}

async function callOf(move: Move) {
  const [{ topUpCall }, { withdrawCall }, { transferCall }] = await operations();
  return (deployment: { deals: Address }) => {
    if (move.kind === "deposit") return topUpCall(deployment, move);
    return move.kind === "withdraw" ? withdrawCall(deployment, move) : transferCall(move);
  };
}

const operations = () =>
  Promise.all([import("@cairn/owner/top-up"), import("@cairn/owner/withdraw"), import("@cairn/owner/transfer-coins")]);

/**
 * Sign it with the wallet's key, send it, and wait until a block has it. The contract is the one that this browser saw first.
 * @throws CairnError as `sendCall`; `key-locked`, `wrong-key`, `network-changed`
 */
export async function makeMove(wallet: WalletJson, move: Move, { why, signal }: { why: string; signal: AbortSignal }) {
  const address = wallet.address as Address;
  // Another tab of this browser goes first: two transactions would take one nonce.
  return navigator.locks.request(`cairn-outgoing-${address}`, { signal }, async () => {
    const owner = await openOwner(why);
    const [{ deploymentOf }, { coinSigner }, { indexedOutgoing }, { machineClock }, moves] = await Promise.all([
      import("@cairn/owner/deployment-of"),
      import("@cairn/owner/coin-signer"),
      import("@cairn/owner/browser/indexed-outgoing"),
      import("@cairn/process/machine-clock"),
      operations(),
    ]);
    const deployment = deploymentOf(await pinnedNetwork(client, recordsOf(owner)));
    const signer = coinSigner(await openWalletKey(wallet, owner));
    const outgoing = indexedOutgoing();
    const ports = { signer, chain: await chainOf(), outgoing, clock: machineClock, signal };
    const [{ topUp }, { withdraw }, { transferCoins }] = moves;
    try {
      if (move.kind === "deposit") return await topUp(ports, deployment, move);
      return await (move.kind === "withdraw"
        ? withdraw(ports, deployment, move)
        : transferCoins(ports, deployment, move));
    } finally {
      await outgoing.close();
    }
  });
}
