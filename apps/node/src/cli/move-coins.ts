import { askFaucet, FAUCET_GIFT } from "@cairn/chain";
import { decodeRevert, revertedError } from "@cairn/chain/reverts";
import type { AccountJson, NetworkJson } from "@cairn/client";
import { errorsAbi, storageDealsAbi } from "@cairn/contracts";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { CairnError } from "@cairn/protocol";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  http,
  isAddress,
  parseGwei,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Owner } from "../account/owner.ts";
import { homeKey } from "../home/home-keys.ts";
import { compareCoins, formatCoins, heldCoins } from "./format.ts";
import type { Session } from "./session.ts";

const FEE_HEADROOM = parseGwei("100");

export type MoveAction = "deposit" | "fund" | "withdraw" | "send";

/** Coins that go somewhere, in wei; `send` names an address. */
export type Move = { amount: bigint } & (
  | { action: Exclude<MoveAction, "send"> }
  | { action: "send"; to: `0x${string}` }
);

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

/** Send the transaction of `deposit`, `fund`, `withdraw` or `send`, and wait until a block has it. */
export async function moveCoins(session: Session, network: NetworkJson, account: Owner, move: Move): Promise<void> {
  const { action, amount } = move;
  const deployment = deploymentOf(network);
  const chainUrl = requireChain(session);
  const transport = http(chainUrl);
  const chain = {
    id: deployment.chainId,
    name: "Cairn",
    nativeCurrency: { name: "Cairn", symbol: "CAIRN", decimals: 18 },
    rpcUrls: { default: { http: [chainUrl] } },
  };
  const key = action === "fund" ? (await homeKey(session.home, "chain", "validator")).key : account.wallet.key;
  const signer = createWalletClient({ account: privateKeyToAccount(key), chain, transport });
  const reader = createPublicClient({ chain, transport });
  const contract = { address: deployment.deals, abi: storageDealsAbi } as const;
  const fees = { maxFeePerGas: FEE_HEADROOM, maxPriorityFeePerGas: 0n };
  if (action !== "fund") {
    const before = await session.client.account(account.wallet.address);
    const gift = network.faucet && BigInt(before.coins) === 0n ? FAUCET_GIFT : 0n;
    requireCoins(before, action, amount, gift);
    if (gift > 0n) await takeGift(session, account, action, amount);
  }
  const receipt = await settled(async () => {
    const hash =
      action === "deposit" || action === "fund"
        ? await signer.writeContract({
            ...contract,
            ...fees,
            functionName: "deposit",
            args: [account.wallet.address],
            value: amount,
          })
        : move.action === "send"
          ? await signer.sendTransaction({ ...fees, to: move.to, value: amount })
          : await signer.writeContract({ ...contract, ...fees, functionName: "withdraw", args: [amount] });
    return reader.waitForTransactionReceipt({ hash });
  }).catch((error: unknown) => {
    throw walletError(error, action, amount);
  });
  const { transactionHash: hash } = receipt;
  if (receipt.status !== "success") {
    throw new CairnError(`the chain reverted the ${action} in transaction ${hash}`, {
      code: "reverted",
      kind: "conflict",
      next: "`cairn wallet` shows what is there; then try again.",
    });
  }
  session.output.say(`Done in block ${receipt.blockNumber} (${hash})`);
}

function requireChain({ gateway: { chainUrl } }: Pick<Session, "gateway">): string {
  if (chainUrl !== undefined) return chainUrl;
  throw new CairnError("coins are moved on the chain, and this home knows no chain node", {
    code: "no-chain-node",
    kind: "input",
    next: "Log in again with `cairn login URL --chain URL`, and name a node that you trust.",
  });
}

/** The work itself, begun in the promise that carries its failure. */
const settled = async <T>(work: () => Promise<T>): Promise<T> => work();

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

/** A refusal of the contract or of the chain's node as a sentence, never as the library tells it. */
export function walletError(error: unknown, action: string, amount: bigint): CairnError {
  if (error instanceof CairnError) return error;
  const what = `cannot ${action} ${formatCoins(amount)}`;
  const text = error instanceof BaseError ? `${error.shortMessage} ${error.details}` : String(error);
  if (/insufficient funds|exceeds the balance|total cost/i.test(text)) {
    return new CairnError(`${what}: the address has too few coins for it and the transaction's fee`, {
      code: "insufficient-funds",
      kind: "exhausted",
      cause: error,
      next: "Send coins to the address that `cairn wallet` shows; the fee is paid from there, too.",
    });
  }
  const reverted =
    error instanceof BaseError ? error.walk((one) => one instanceof ContractFunctionRevertedError) : null;
  if (reverted instanceof ContractFunctionRevertedError) {
    const known = revertedError(decodeRevert(reverted.raw, errorsAbi));
    return new CairnError(`${what}: ${known.message}`, {
      code: known.code,
      kind: known.kind,
      details: known.details,
      cause: error,
      ...(known.next === undefined ? {} : { next: known.next }),
    });
  }
  return new CairnError(`${what}: ${error instanceof BaseError ? error.shortMessage.split("\n")[0] : text}`, {
    code: "chain-refused",
    kind: "unavailable",
    cause: error,
    next: "Check with `cairn status` that the chain runs, then try again.",
  });
}

function recipient(to: string | undefined): `0x${string}` {
  if (to !== undefined && isAddress(to)) return to;
  throw new CairnError(to === undefined ? "the address to send to is missing" : `"${to}" is not an address`, {
    code: "bad-input",
    kind: "input",
    next: "Give 0x and 40 hex digits: `cairn wallet send 1.5 0x…`.",
  });
}
