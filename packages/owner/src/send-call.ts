import { CairnError } from "@cairn/protocol/errors";
import type { Call, Envelope } from "@cairn/protocol/sign-transaction";
import type { Address, Hex, Money } from "@cairn/protocol/words";

/** A wallet's key that signs transactions: of this process, or of a device that asks a person. */
export interface CoinSigner {
  /** In lower case. */
  readonly address: Address;
  signTransaction(call: Call, envelope: Envelope): Promise<{ raw: Hex; hash: Hex }>;
}

/** A chain as a wallet needs it: through a gateway's routes (`gatewayCoins`), or a node's RPC. What it says of money is not believed beyond `MOST_FEE`. */
export interface CoinChainAccess {
  nonce(address: Address): Promise<{ next: number; included: number }>;
  /** @throws CairnError `reverted`, `insufficient-funds` where the call would fail */
  fees(
    address: Address,
    call: Call,
  ): Promise<{ chainId: number; gas: bigint; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }>;
  /** Handing the same over twice does no harm. */
  send(address: Address, raw: Hex): Promise<unknown>;
  /** What became of a transaction; undefined until a block has it. */
  outcome(address: Address, hash: Hex): Promise<{ block: number; ok: boolean } | undefined>;
}

/** A transaction that was signed, and may have been sent. */
export interface OutgoingCall {
  /** What it does, as its user asked for it: the same asked for again is this one. */
  what: string;
  nonce: number;
  raw: Hex;
  hash: Hex;
}

/** Where the one transaction that is under way of each wallet is kept. `keep` resolves when that is durable. */
export interface OutgoingCalls {
  find(chainId: number, address: Address): Promise<OutgoingCall | undefined>;
  keep(chainId: number, address: Address, call: OutgoingCall): Promise<void>;
  forget(chainId: number, address: Address): Promise<void>;
}

export interface CoinPorts {
  signer: CoinSigner;
  chain: CoinChainAccess;
  outgoing: OutgoingCalls;
  clock: { sleep(seconds: number, signal?: AbortSignal): Promise<void> };
  signal: AbortSignal;
  /** Told of what an interrupted command left: it is seen through first. */
  onEarlier?: (earlier: OutgoingCall & { block: number; ok: boolean }) => void;
}

export interface Moved {
  transaction: Hex;
  block: number;
  /** It had been signed by an earlier command that was interrupted. */
  resumed: boolean;
}

/** Wei that a transaction may cost at most: a node or gateway that asks for more is wrong, or lies. */
export const MOST_FEE: Money = 10n ** 18n;
const LOOK_SECONDS = 0.3;
/** Refusals after which nothing was sent, nor ever will be. */
const NOT_SENT = new Set(["bad-transaction", "insufficient-funds", "limit-reached"]);

/**
 * Send a transaction of the wallet, and wait until a block has it. It is kept before it is sent: interrupted at any instant and asked for again, it
 * is sent once.
 * @param what in words of its own, such as `deposit 5 …`: by it the same is known again
 * @throws CairnError `reverted`, `insufficient-funds`, `bad-transaction`, `fee-too-high`, `interrupted`
 */
export async function sendCall(ports: CoinPorts, chainId: number, what: string, call: Call): Promise<Moved> {
  const { signer, chain, outgoing, onEarlier } = ports;
  const { address } = signer;
  const earlier = await outgoing.find(chainId, address);
  if (earlier !== undefined) {
    const end = await seeThrough(ports, chainId, earlier);
    if (end !== undefined && earlier.what === what) return movedBy(earlier, end, true);
    if (end !== undefined) onEarlier?.({ ...earlier, ...end });
  }
  const [{ next }, fees] = await Promise.all([chain.nonce(address), feesOf(chain, { address, chainId, call })]);
  const { gas, maxFeePerGas, maxPriorityFeePerGas } = fees;
  const envelope = { chainId, nonce: next, gas, maxFeePerGas, maxPriorityFeePerGas };
  const signed = { what, nonce: next, ...(await signer.signTransaction(call, envelope)) };
  await outgoing.keep(chainId, address, signed);
  const end = await seeThrough(ports, chainId, signed);
  if (end === undefined) throw replaced(signed);
  return movedBy(signed, end, false);
}

interface AskedFees {
  address: Address;
  chainId: number;
  call: Call;
}

/**
 * The most wei that a call would cost beside what it moves, before anything is signed: it is what `sendCall` would allow now.
 * @throws CairnError `reverted`, `insufficient-funds`, `fee-too-high`, `wrong-chain`
 */
export async function quoteFee(chain: Pick<CoinChainAccess, "fees">, asked: AskedFees): Promise<Money> {
  const { gas, maxFeePerGas } = await feesOf(chain, asked);
  return gas * maxFeePerGas;
}

async function feesOf(chain: Pick<CoinChainAccess, "fees">, { address, chainId, call }: AskedFees) {
  const fees = await chain.fees(address, call);
  // Estimates count the state of one moment: a quarter on top.
  const allowed = { ...fees, gas: (fees.gas * 5n) / 4n };
  checkFees(allowed, chainId);
  return allowed;
}

/** Until a block has it; undefined where another transaction took its nonce. Its record goes with the end. */
async function seeThrough(
  { signer: { address }, chain, outgoing, clock, signal }: CoinPorts,
  chainId: number,
  call: OutgoingCall,
): Promise<{ block: number; ok: boolean } | undefined> {
  try {
    let end = await chain.outcome(address, call.hash);
    if (end === undefined) await chain.send(address, call.raw);
    while (end === undefined) {
      if (signal.aborted) throw interrupted(call);
      await clock.sleep(LOOK_SECONDS, signal);
      const { included } = await chain.nonce(address);
      end = await chain.outcome(address, call.hash);
      if (end === undefined && included > call.nonce) break;
    }
    await outgoing.forget(chainId, address);
    return end;
  } catch (error) {
    if (error instanceof CairnError && NOT_SENT.has(error.code)) {
      const end = await chain.outcome(address, call.hash);
      await outgoing.forget(chainId, address);
      if (end !== undefined || (await chain.nonce(address)).included > call.nonce) return end;
    }
    throw error;
  }
}

function movedBy({ hash, what }: OutgoingCall, { block, ok }: { block: number; ok: boolean }, resumed: boolean): Moved {
  if (ok) return { transaction: hash, block, resumed };
  throw new CairnError(`the chain reverted ${what} in transaction ${hash}`, {
    code: "reverted",
    kind: "conflict",
    next: "`cairn wallet` shows what is there; then try again.",
  });
}

function checkFees(fees: Awaited<ReturnType<CoinChainAccess["fees"]>>, chainId: number): void {
  if (fees.chainId !== chainId) {
    throw new CairnError(`the fees are of chain ${fees.chainId}, and the wallet's is ${chainId}; nothing was signed`, {
      code: "wrong-chain",
      kind: "conflict",
      next: "Name the right chain, or do not trust this gateway.",
    });
  }
  const most = fees.gas * fees.maxFeePerGas;
  if (most <= MOST_FEE) return;
  throw new CairnError(
    `the transaction's fee could come to ${most} wei, which is more than ${MOST_FEE}; nothing was signed`,
    {
      code: "fee-too-high",
      kind: "exhausted",
      details: { most: most.toString(), limit: MOST_FEE.toString() },
      next: "Try again when the chain is less busy, or ask another node.",
    },
  );
}

function replaced({ hash, nonce }: OutgoingCall): CairnError {
  return new CairnError(`another transaction took the place of ${hash}, with the nonce ${nonce}`, {
    code: "bad-transaction",
    kind: "input",
    next: "Look at what the wallet sent (`cairn statement`), and try again.",
  });
}

function interrupted({ hash }: OutgoingCall): CairnError {
  return new CairnError(`interrupted: the transaction ${hash} was sent, and no block has it yet`, {
    code: "interrupted",
    kind: "conflict",
    next: "Give the same command again: it goes on waiting, and sends nothing twice.",
  });
}
