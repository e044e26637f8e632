import { askFaucet, FAUCET_GIFT } from "@cairn/chain";
import type { AccountJson, NetworkJson } from "@cairn/client";
import { coinSigner } from "@cairn/owner/coin-signer";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { topUp } from "@cairn/owner/top-up";
import { transferCoins } from "@cairn/owner/transfer-coins";
import { withdraw } from "@cairn/owner/withdraw";
import { machineClock } from "@cairn/process/machine-clock";
import { type Address, addressOfText, CairnError } from "@cairn/protocol";
import type { Owner } from "../account/owner.ts";
import { homeKey } from "../home/home-keys.ts";
import { outgoingCalls } from "../owner/outgoing-calls.ts";
import { rpcCoins } from "../owner/rpc-coins.ts";
import { compareCoins, formatCoins, heldCoins } from "./format.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";

export type MoveAction = "deposit" | "fund" | "withdraw" | "send";

/** Coins that go somewhere, in wei; `send` names an address. */
export type Move = { amount: bigint } & ({ action: Exclude<MoveAction, "send"> } | { action: "send"; to: Address });

/** What a command line asks for, held to have all that it needs. @throws CairnError `bad-input` */
export function checkMove(action: MoveAction, amount: bigint | undefined, to: string | undefined): Move {
  if (amount === undefined) {
    throw new CairnError("the amount is missing", {
      code: "bad-input",
      kind: "input",
      next: `Write it in coins: \`cairn wallet ${action} 1.5\`.`,
    });
  }
  if (amount === 0n) {
    throw new CairnError(`${action} of 0 coins moves nothing`, {
      code: "bad-input",
      kind: "input",
      next: `Give an amount above 0: \`cairn wallet ${action} 1.5\`.`,
    });
  }
  return action === "send" ? { action, amount, to: recipient(to) } : { action, amount };
}

/** Send the transaction of `deposit`, `fund`, `withdraw` or `send`, and wait until a block has it; interrupted, it is taken up when it is asked for again. */
export async function moveCoins(session: Session, network: NetworkJson, account: Owner, move: Move): Promise<void> {
  const { output, home } = session;
  const deployment = deploymentOf(network);
  const chainUrl = requireChain(session);
  const { address: wallet } = account.wallet;
  const key = move.action === "fund" ? (await homeKey(home, "chain", "validator")).key : account.wallet.key;
  const signer = coinSigner(key);
  const outgoing = outgoingCalls(home);
  if (move.action !== "fund" && (await outgoing.find(deployment.chainId, wallet)) === undefined)
    await readyCoins(session, network, account, move);
  const moved = await interruptible((signal) => {
    const onEarlier = ({ what, hash, block, ok }: { what: string; hash: string; block: number; ok: boolean }) =>
      output.say(
        `An interrupted command's transaction (${what}) ${ok ? "is done" : "was reverted"} in block ${block} (${hash})`,
      );
    const ports = {
      signer,
      chain: rpcCoins(chainUrl, deployment.chainId),
      outgoing,
      clock: machineClock,
      signal,
      onEarlier,
    };
    const { amount } = move;
    if (move.action === "send") return transferCoins(ports, deployment, { amount, to: move.to });
    return move.action === "withdraw"
      ? withdraw(ports, deployment, { amount })
      : topUp(ports, deployment, { amount, wallet });
  });
  const how = moved.resumed ? "Done before, by a command that was interrupted," : "Done";
  output.say(`${how} in block ${moved.block} (${moved.transaction})`);
}

/** Before anything is signed: that there is enough, from the faucet where there is one. */
async function readyCoins(
  session: Session,
  network: NetworkJson,
  account: Owner,
  { action, amount }: Move,
): Promise<void> {
  const before = await session.client.account(account.wallet.address);
  const gift = network.faucet && BigInt(before.coins) === 0n ? FAUCET_GIFT : 0n;
  requireCoins(before, action, amount, gift);
  if (gift > 0n) await takeGift(session, account, action, amount);
}

function requireChain({ gateway: { chainUrl } }: Pick<Session, "gateway">): string {
  if (chainUrl !== undefined) return chainUrl;
  throw new CairnError("coins are moved on the chain, and this home knows no chain node", {
    code: "no-chain-node",
    kind: "input",
    next: "Log in again with `cairn login URL --chain URL`, and name a node that you trust.",
  });
}

/** Coins of a chain that are worth nothing: for the amount, or for the fee alone. */
async function takeGift({ client, output, gateway }: Session, account: Owner, action: string, amount: bigint) {
  const given = await askFaucet(requireChain({ gateway }), account.wallet.address);
  if (given > 0n) output.say(`The faucet gave ${formatCoins(given)} to the account's address.`);
  requireCoins(await client.account(account.wallet.address), action, amount, 0n);
}

/**
 * Before the chain refuses it in words of its own.
 * @param gift what the faucet would add to the address
 */
function requireCoins({ balance, coins }: AccountJson, action: string, amount: bigint, gift: bigint): void {
  const [have, where] =
    action === "withdraw" ? [BigInt(balance), "the deposit has"] : [BigInt(coins), "the account's address has"];
  if (amount <= have + (action === "withdraw" ? 0n : gift)) return;
  const ways = [
    ...(action === "send" && amount < have + gift + BigInt(balance)
      ? ["take them out of the deposit with `cairn wallet withdraw`"]
      : []),
    ...(gift > 0n ? [`take less: the faucet gives ${heldCoins(gift)}`] : have > 0n ? ["take less"] : []),
  ];
  const [has, needs] = compareCoins(have, amount);
  throw new CairnError(`${where} ${has}, which is less than ${needs}`, {
    code: "insufficient-funds",
    kind: "exhausted",
    details: { need: amount.toString(), have: have.toString() },
    next:
      action === "withdraw"
        ? "Withdraw less; `cairn wallet` shows what is there."
        : `${["Send coins to the address that `cairn wallet` shows", ...ways].join(", or ")}.`,
  });
}

function recipient(to: string | undefined): Address {
  if (to !== undefined) return addressOfText(to);
  throw new CairnError("the address to send to is missing", {
    code: "bad-input",
    kind: "input",
    next: "Give 0x and 40 hex digits, or f410f…: `cairn wallet send 1.5 0x…`.",
  });
}
