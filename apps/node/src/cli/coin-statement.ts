import type { HistoryLineJson, WalletJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { exactCoins, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { openSession } from "./session.ts";
import type { StatementOptions } from "./statement.ts";

const SHOWN = 50;
/** Of a page of the API. */
const MOST = 1000;

/** What moved the coins at the addresses of the account's wallets, and what each has. */
export async function coinStatement(options: StatementOptions): Promise<void> {
  const { since, until, last } = options;
  requireCoinOptions(options);
  const { client, output } = await openSession(options);
  const most = last ?? (output.json ? undefined : SHOWN);
  const query = {
    side: "coins" as const,
    ...(since === undefined ? {} : { from: since }),
    ...(until === undefined ? {} : { before: until }),
  };
  const wallets = await Promise.all(
    (await client.wallets()).map(async (wallet) => {
      const { address } = wallet;
      const [lines, { coins }] = await Promise.all([
        most === undefined
          ? client.coins.history(address, query)
          : client.coins.historyPage(address, { ...query, limit: Math.min(most, MOST) }).then((page) => page.lines),
        client.account(address),
      ]);
      return { wallet: address, name: wallet.name, coins, lines };
    }),
  );
  output.result(wallets);
  for (const { lines, ...of } of wallets) {
    output.say(
      titleOf(of),
      table(["when", "what", "coins", "coins after", "with", "transaction"], lines.map(cells)),
      "",
    );
  }
}

const titleOf = ({ wallet, name, coins }: { wallet: WalletJson["address"]; name: string; coins: string }) =>
  `${name} ${wallet}: ${exactCoins(BigInt(coins))}`;

const SAID = new Map(
  Object.entries({
    opening: "had when it was added",
    in: "came in",
    out: "went out",
    fee: "fee for gas",
    deposit: "deposited",
    withdraw: "withdrawn",
    reward: "reward of a block",
    unexplained: "without a transaction",
  }),
);

function cells({ at, kind, coins, coinsAfter, counterparty, transaction }: HistoryLineJson): string[] {
  const amount = BigInt(coins);
  return [
    minuteWords(at),
    SAID.get(kind) ?? kind,
    `${amount < 0n ? "−" : "+"}${exactCoins(amount < 0n ? -amount : amount)}`,
    exactCoins(BigInt(coinsAfter)),
    counterparty?.slice(0, 10) ?? "",
    transaction?.slice(0, 10) ?? "",
  ];
}

/** @throws CairnError `bad-options`: packages and kinds are of the contract */
export function requireCoinOptions({ package: name, kind }: Pick<StatementOptions, "package" | "kind">): void {
  if (name === undefined && kind === undefined) return;
  throw new CairnError("--coins goes with neither --package nor --kind, which are of the contract's money", {
    code: "bad-options",
    kind: "input",
    next: "Leave --coins out, or the other option.",
  });
}
