import { formatCoins } from "@cairn/core/coins";
import type { Address, Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import { createAddressFromString, hexToBytes } from "@ethereumjs/util";
import type { ChainNode } from "./chain-node.ts";
import { invalidParams, limitExceeded } from "./rpc-error.ts";
import { Serial } from "./serial.ts";

/** The local and the demo chain. On any other a faucet cannot be made, whatever the configuration says. */
export const FAUCET_CHAINS: ReadonlySet<number> = new Set([26170, 26171]);

export interface FaucetConfig {
  key: Hex;
  /** Wei that one address can have in all. */
  perAddress: bigint;
}

const TRANSFER_GAS = 21_000n;

/** Gives coins of the genesis faucet account away, so much to each address and no more: what it has sent is read from the chain itself. */
export class Faucet {
  readonly #node: ChainNode;
  readonly #config: FaucetConfig;
  readonly #address: Address;
  readonly #serial = new Serial();
  /** Transfers that wait for a block, by transaction hash. */
  readonly #waiting = new Map<Hex, { to: Address; amount: bigint }>();

  private constructor(node: ChainNode, config: FaucetConfig) {
    this.#node = node;
    this.#config = config;
    this.#address = addressOfKey(config.key);
    node.store.remember(hexToBytes(this.#address));
  }

  /** Undefined unless the chain is one that may have a faucet and a faucet is configured. */
  static for(node: ChainNode, config: FaucetConfig | undefined): Faucet | undefined {
    return config !== undefined && FAUCET_CHAINS.has(node.rules.chainId) ? new Faucet(node, config) : undefined;
  }

  /** Sends `amount` wei (all that is left to the address if not given). Returns the transaction's hash. */
  drip(to: Address, amount: bigint | undefined): Promise<Hex> {
    return this.#serial.run(async () => {
      const left = this.#config.perAddress - (await this.#given(to));
      const wanted = amount ?? left;
      if (wanted <= 0n && left > 0n) throw invalidParams("amount must be above zero");
      if (wanted > left || left <= 0n) {
        throw limitExceeded(
          `the faucet gives an address ${formatCoins(this.#config.perAddress)}; ${formatCoins(left < 0n ? 0n : left)} are left`,
          "Use another address.",
        );
      }
      const hash = await this.#send(to, wanted);
      this.#waiting.set(hash, { to, amount: wanted });
      return hash;
    });
  }

  /** A transfer that waits is counted here alone, though it may be stored by now; one that the pool has no more is in the store, or never will be. */
  async #given(to: Address): Promise<bigint> {
    let waiting = 0n;
    const hashes: Uint8Array[] = [];
    for (const [hash, transfer] of this.#waiting) {
      if (this.#node.pool.find(hash) === undefined) this.#waiting.delete(hash);
      else if (transfer.to === to) {
        waiting += transfer.amount;
        hashes.push(hexToBytes(hash));
      }
    }
    const sent = await this.#node.store.sentBetween(hexToBytes(this.#address), hexToBytes(to), hashes);
    return waiting + sent;
  }

  async #send(to: Address, value: bigint): Promise<Hex> {
    const node = this.#node;
    const state = await node.views.read(node.head);
    const account = await state.getAccount(createAddressFromString(this.#address));
    const nonce = node.pool.nextNonce(this.#address, account?.nonce ?? 0n);
    const transaction = createFeeMarket1559Tx(
      { to, value, nonce, gasLimit: TRANSFER_GAS, maxFeePerGas: node.rules.baseFee, chainId: node.rules.chainId },
      { common: node.common },
    ).sign(hexToBytes(this.#config.key));
    return await node.pool.add(transaction.serialize());
  }
}
