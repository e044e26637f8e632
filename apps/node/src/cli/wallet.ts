import { storageDealsAbi } from "@cairn/contracts";
import { CairnError } from "@cairn/core";
import { createPublicClient, createWalletClient, http, isAddress, parseEther, parseGwei } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { homeKey } from "../home/home-keys.ts";
import { formatCoins } from "./format.ts";
import { type CommonOptions, deploymentOf, openSession, readyAccount } from "./session.ts";

const FEE_HEADROOM = parseGwei("100");

/** The owner's coins: show them, deposit some (`fund`: out of this home's block rewards), take some out, send some away. */
export async function wallet(
  action: string,
  amountText: string | undefined,
  to: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const network = await client.network();
  const account = await readyAccount(session, network);
  if (action !== "balance") {
    const amount = parseAmount(action, amountText);
    const deployment = deploymentOf(network);
    const transport = http(network.chainUrl);
    const chain = {
      id: deployment.chainId,
      name: "Cairn",
      nativeCurrency: { name: "Cairn", symbol: "CAIRN", decimals: 18 },
      rpcUrls: { default: { http: [network.chainUrl] } },
    };
    const key = action === "fund" ? (await homeKey(session.home, "chain", "validator")).key : account.wallet.key;
    const signer = createWalletClient({ account: privateKeyToAccount(key), chain, transport });
    const reader = createPublicClient({ chain, transport });
    const contract = { address: deployment.deals, abi: storageDealsAbi } as const;
    const fees = { maxFeePerGas: FEE_HEADROOM, maxPriorityFeePerGas: 0n };
    const hash =
      action === "deposit" || action === "fund"
        ? await signer.writeContract({
            ...contract,
            ...fees,
            functionName: "deposit",
            args: [account.wallet.address],
            value: amount,
          })
        : action === "withdraw"
          ? await signer.writeContract({ ...contract, ...fees, functionName: "withdraw", args: [amount] })
          : await signer.sendTransaction({ ...fees, to: recipient(to), value: amount });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") {
      throw new CairnError(`the chain reverted the ${action} in transaction ${hash}`, {
        code: "reverted",
        kind: "conflict",
      });
    }
    output.say(`Done in block ${receipt.blockNumber} (${hash})`);
  }
  const { balance, coins } = await client.account();
  output.result({ owner: account.wallet.address, balance, coins });
  output.say(
    `owner    ${account.wallet.address}\ndeposit  ${formatCoins(BigInt(balance))} (pays for storage)\ncoins    ${formatCoins(BigInt(coins))}`,
  );
}

function parseAmount(action: string, text: string | undefined): bigint {
  if (!["deposit", "fund", "withdraw", "send"].includes(action)) {
    throw new CairnError(`"${action}" is nothing that a wallet does`, {
      code: "bad-input",
      kind: "input",
      next: "Use balance, deposit, fund, withdraw or send.",
    });
  }
  if (text !== undefined && /^\d{1,12}(\.\d{1,18})?$/.test(text)) return parseEther(text);
  throw new CairnError(`"${text ?? ""}" is not an amount of coins`, {
    code: "bad-input",
    kind: "input",
    next: `Write it in coins: cairn wallet ${action} 1.5`,
  });
}

function recipient(to: string | undefined): `0x${string}` {
  if (to !== undefined && isAddress(to)) return to;
  throw new CairnError(`"${to ?? ""}" is not an address`, {
    code: "bad-input",
    kind: "input",
    next: "Give 0x and 40 hex digits.",
  });
}
