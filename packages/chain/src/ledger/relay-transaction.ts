import { Semaphore } from "@cairn/core";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import type { Call } from "@cairn/protocol/sign-transaction";
import type { Abi } from "viem";
import { keccak256, parseTransaction, recoverTransactionAddress, type TransactionSerialized } from "viem";
import { currentFees, type Fees } from "./fees.ts";
import type { Heads } from "./heads.ts";
import type { Rpc } from "./rpc.ts";
import { sendRaw } from "./send-raw.ts";
import { simulate, tooFewCoins } from "./simulate.ts";

/** A signed transaction, as it will be seen on the chain. */
export interface SignedTransaction {
  transaction: Hex;
  from: Address;
  to: Address;
  nonce: number;
  amount: bigint;
}

/** What a wallet whose key is elsewhere needs of the chain to sign and send a transaction. */
export interface WalletChain {
  /** The nonce of its next transaction: after those that a block has, and after those that wait. */
  nonce(address: Address): Promise<{ next: number; included: number }>;
  /** What a transaction may cost now. @throws CairnError `reverted`, `insufficient-funds` where `call` would fail; `bad-request` for one that is not tried */
  fees(address: Address, call?: Call): Promise<Fees & { baseFee: bigint; gas: bigint }>;
  /**
   * Hand a transaction that `wallet` signed to the chain's node, and nobody else's.
   * @throws CairnError `bad-transaction`, `insufficient-funds`, `chain-refused`, `chain-unreachable`: it was not sent
   */
  relay(wallet: Address, raw: Hex): Promise<SignedTransaction>;
}

/** Gas of a payment to an address without code (EIP-2028 and before). */
const PAYMENT_GAS = 21_000n;

/**
 * Of the gas of a block, what the calls of others may take when they are tried: a call of Cairn's contracts, and a payment, which runs the code of its
 * recipient. A block of 6,000,000 leaves 150,000 to a payment.
 */
const SHARE_OF_CALL = 4n;
const SHARE_OF_PAYMENT = 40n;

export interface WalletChainOptions {
  rpc: Rpc;
  heads: Heads;
  chainId: number;
  abi: Abi;
  /**
   * Set where others ask, such as the users of a gateway: only payments and calls of these contracts are tried then, one at a time, once, and with
   * little gas. Left out, any call is.
   */
  contracts?: readonly Address[];
}

export function openWalletChain({ rpc, heads, chainId, abi, contracts }: WalletChainOptions): WalletChain {
  const ours = contracts === undefined ? undefined : new Set(contracts.map((one) => one.toLowerCase()));
  const turns = new Semaphore(1);
  const count = async (address: Address, tag: string) =>
    Number(await rpc.request<Hex>("eth_getTransactionCount", [address, tag]));
  const balance = async (address: Address) => BigInt(await rpc.request<Hex>("eth_getBalance", [address, "latest"]));

  function requireTried({ to, data }: Call): void {
    if (ours === undefined || data === "0x" || (to !== undefined && ours.has(to.toLowerCase()))) return;
    throw new CairnError(`calls of ${to ?? "no contract"} are not tried here`, {
      code: "bad-request",
      kind: "input",
      details: { field: "to" },
      next: `Name one of ${[...ours].join(", ")}, leave out the data for a payment, or ask a node of your own.`,
    });
  }

  async function gasOf(address: Address, call: Call, blockGas: bigint): Promise<bigint> {
    if (ours === undefined) return simulate(rpc, address, call, abi);
    const share = call.data === "0x" ? SHARE_OF_PAYMENT : SHARE_OF_CALL;
    return turns.run(() => simulate(rpc, address, call, abi, { gas: blockGas / share }));
  }

  return {
    async nonce(address) {
      const [included, next] = await Promise.all([count(address, "latest"), count(address, "pending")]);
      return { included, next: Math.max(included, next) };
    },
    async fees(address, call) {
      const value = call?.value ?? 0n;
      if (call !== undefined) requireTried(call);
      const [head, have] = await Promise.all([heads.latest(), balance(address)]);
      if (have < value) throw tooFewCoins(address, value, have);
      const [fees, gas] = await Promise.all([
        currentFees(rpc, head),
        call === undefined ? PAYMENT_GAS : gasOf(address, call, head.gasLimit),
      ]);
      return { ...fees, baseFee: head.baseFee, gas };
    },
    async relay(wallet, raw) {
      const signed = await readSigned(raw, chainId);
      if (signed.from !== wallet) {
        throw bad(
          `the transaction was signed by ${signed.from}, not by the wallet ${wallet}`,
          "Sign it with that wallet's key.",
        );
      }
      const sent = await sendRaw(rpc, raw);
      switch (sent.kind) {
        case "sent":
          return signed;
        case "consumed":
          // By itself: it is sent again, and a block has it.
          if ((await rpc.request("eth_getTransactionByHash", [signed.transaction])) !== null) return signed;
          throw bad(
            `the nonce ${signed.nonce} of ${wallet} is used`,
            "Ask for the wallet's next nonce, and sign it anew.",
          );
        case "underpriced":
          throw bad("the transaction offers too little for its gas", "Ask for the fees of now, and sign it anew.");
        case "unfunded": {
          throw tooFewCoins(wallet, signed.amount, await balance(wallet));
        }
        default:
          throw new CairnError(`the chain does not take the transaction: ${sent.error.message}`, {
            code: "chain-refused",
            kind: "unavailable",
            next:
              sent.kind === "later"
                ? "Send the same transaction again later."
                : "Correct what it names, and sign it anew.",
          });
      }
    },
  };
}

/** @throws CairnError `bad-transaction` */
async function readSigned(raw: Hex, chainId: number): Promise<SignedTransaction> {
  const next = "Send a transaction of type 0 or 2, signed for this chain, as 0x and hex digits.";
  let parsed: ReturnType<typeof parseTransaction>;
  let from: Address;
  try {
    parsed = parseTransaction(raw as TransactionSerialized);
    from = (
      await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized })
    ).toLowerCase() as Address;
  } catch {
    throw bad("this is not a signed transaction", next);
  }
  if (parsed.chainId !== chainId)
    throw bad(`the transaction is for chain ${parsed.chainId ?? "?"}, and this is chain ${chainId}`, next);
  if (parsed.to === undefined || parsed.to === null)
    throw bad("the transaction makes a contract, which a wallet of Cairn has no use for", next);
  if (parsed.type === "eip4844" || parsed.type === "eip7702")
    throw bad(`transactions of type ${parsed.type} are not passed on`, next);
  return {
    ...{ transaction: keccak256(raw), from, to: parsed.to.toLowerCase() as Address },
    ...{ nonce: parsed.nonce ?? 0, amount: parsed.value ?? 0n },
  };
}

function bad(message: string, next: string): CairnError {
  return new CairnError(message, { code: "bad-transaction", kind: "input", next });
}
