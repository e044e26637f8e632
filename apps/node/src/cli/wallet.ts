import { address0xToF410 } from "@cairn/protocol/filecoin-address";
import { heldCoins } from "./format.ts";
import type { MoveAction } from "./move-coins.ts";
import { type CommonOptions, openSession, pinnedNetwork, readyAccount } from "./session.ts";

/** https://chainlist.org/chain/314 */
const FILECOIN_MAINNET = 314;

/** The owner's coins: show them, deposit some (`fund`: out of this home's block rewards), take some out, send some away. */
export async function wallet(
  action: "balance" | MoveAction,
  amount: bigint | undefined,
  to: string | undefined,
  options: CommonOptions,
): Promise<void> {
  // Before anything is made: a refused command leaves no account behind.
  const move = action === "balance" ? undefined : (await import("./move-coins.ts")).checkMove(action, amount, to);
  const session = await openSession(options);
  const { client, output } = session;
  const network = await pinnedNetwork(session);
  const account = await readyAccount(session, network);
  if (move !== undefined) await (await import("./move-coins.ts")).moveCoins(session, network, account, move);
  const { balance, coins } = await client.account(account.wallet.address);
  const filecoin = address0xToF410(account.wallet.address, network.deployment.chainId === FILECOIN_MAINNET ? "f" : "t");
  output.result({ owner: account.wallet.address, filecoin, balance, coins });
  output.say(
    `owner    ${account.wallet.address}`,
    `         ${filecoin} (as Filecoin writes it)`,
    `deposit  ${heldCoins(BigInt(balance))} (pays for storage)`,
    `coins    ${heldCoins(BigInt(coins))}`,
  );
}
