import type { SignJson } from "@cairn/client";
import { type Address, addressOfKey, type Hex, messageFromJson, messageToJson, signTyped } from "@cairn/protocol";
import { deployment } from "./memory-network.ts";

/** A wallet as a gateway has it. */
export interface MemoryWallet {
  name: string;
  kind: "client" | "vault" | "custodial";
  key: Hex;
  keystore?: Uint8Array;
}

/** The wallets of an account at a gateway that signs with each of them, whatever its kind. */
export class MemoryWallets {
  readonly #held = new Map<string, MemoryWallet>();

  /** @returns its address */
  add(wallet: MemoryWallet): Address {
    const address = addressOfKey(wallet.key);
    this.#held.set(address, wallet);
    return address;
  }

  remove(address: Address): void {
    this.#held.delete(address);
  }

  /** Have it listed before the others. */
  first(address: Address): void {
    const others = [...this.#held].filter(([one]) => one !== address);
    const own = this.#held.get(address)!;
    this.#held.clear();
    for (const [one, wallet] of [[address, own] as const, ...others]) this.#held.set(one, wallet);
  }

  list() {
    return [...this.#held].map(([address, { name, kind }]) => ({
      ...{ address, filecoin: "", name, kind, isDefault: false, createdAt: 1, dailyLimit: null, unlockedUntil: null },
    }));
  }

  keystoreOf(address: string) {
    return { keystore: Buffer.from(this.#held.get(address)?.keystore ?? []).toString("base64") };
  }

  sign(address: string, { type, message }: SignJson) {
    const read = messageFromJson(type as "Mandate", message);
    const key = this.#held.get(address)!.key;
    return { message: messageToJson(read), signature: signTyped(type as "Mandate", read, deployment, key) };
  }
}
