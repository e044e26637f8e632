import { CairnError } from "@cairn/protocol/errors";
import { counted, formatBytes, formatCoins } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession, type Session } from "./session.ts";

export interface ChainOptions extends CommonOptions {
  before?: number;
  last?: number;
}

const at = (time: number) => `${new Date(time * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Look through the chain as the gateway sees it. */
export async function chain(what: string | undefined, options: ChainOptions): Promise<void> {
  const session = await openSession(options);
  if (what === undefined) return showBlocks(session, options);
  if (what === "contracts") return showContracts(session);
  if (/^\d{1,15}$/.test(what)) return showBlock(session, Number(what));
  if (/^0x[0-9a-fA-F]{64}$/.test(what)) return showTransaction(session, what.toLowerCase());
  throw new CairnError(`"${what.slice(0, 80)}" is no block and no transaction`, {
    code: "bad-options",
    kind: "input",
    next: "Give the number of a block, 0x and the 64 hex digits of a transaction, or `contracts`.",
  });
}

async function showBlocks({ client, output }: Session, { before, last }: ChainOptions): Promise<void> {
  const page = await client.chain.blocks({
    ...(before === undefined ? {} : { before }),
    ...(last === undefined ? {} : { limit: last }),
  });
  output.result(page);
  const rows = page.blocks.map(({ number, time, transactions, gasUsed, gasLimit, hash }) => [
    String(number),
    at(time),
    String(transactions),
    `${((Number(gasUsed) / Number(gasLimit)) * 100).toFixed(1)} %`,
    hash,
  ]);
  output.say(table(["block", "made", "transactions", "full", "hash"], rows));
  if (page.next !== null) output.say(`\`cairn chain --before ${page.next}\` goes on.`);
}

async function showBlock({ client, output }: Session, number: number): Promise<void> {
  const block = await client.chain.block(number);
  output.result(block);
  output.say([`block      ${number}, ${at(block.time)}`, `hash       ${block.hash}`, ""]);
  output.say(
    table(
      ["transaction", "from", "calls"],
      block.calls.map(({ transaction, from, to, contract, method }) => [
        transaction,
        from,
        contract === null ? (to ?? "a new contract") : `${contract}.${method ?? "?"}`,
      ]),
    ),
  );
}

async function showTransaction({ client, output }: Session, hash: string): Promise<void> {
  const seen = await client.chain.transaction(hash);
  output.result(seen);
  const name = seen.contract === null ? (seen.to ?? "a new contract") : `${seen.contract}.${seen.method ?? "?"}`;
  output.say([
    `${seen.ok ? "done" : "failed"}       in block ${seen.block}, ${at(seen.time)}, ${counted(seen.confirmations, "confirmation")}`,
    `from       ${seen.from}`,
    `calls      ${name}${seen.amount === "0" ? "" : ` with ${formatCoins(BigInt(seen.amount))}`}`,
    `fee        ${formatCoins(BigInt(seen.fee))}`,
    ...seen.arguments.map((one) => `           ${one.name} = ${one.value}`),
    ...seen.events.flatMap((event) => [
      `event      ${event.contract ?? event.address}.${event.name ?? "?"}`,
      ...event.arguments.map((one) => `           ${one.name} = ${one.value}`),
    ]),
  ]);
}

async function showContracts({ client, output }: Session): Promise<void> {
  const found = await client.chain.contracts();
  output.result(found);
  const rows = found.map(({ name, address, size, what }) => [name, address, formatBytes(size), what]);
  output.say(table(["contract", "address", "code", "what it is"], rows));
}
