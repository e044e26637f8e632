import { type EvmLedger, openLedger } from "@cairn/chain";
import type { LedgerEvent, PackageRef } from "@cairn/core";
import type { Address, DealId, DealState, Hex, Money } from "@cairn/protocol";

export interface BookedDeal {
  deal: DealId;
  owner: Address;
  documentHash: Hex;
  /** `owner/documentHash/piece/shard` */
  slot: string;
  escrow: Money;
  periods: number;
  paid: Money;
  paidPeriods: number;
  refunded: Money;
  state: DealState;
}

interface BookedPackage extends PackageRef {
  reserve: Money;
}

const NEXT_STATES: Partial<Record<DealState, readonly DealState[]>> = {
  NONE: ["PROPOSED"],
  PROPOSED: ["PROPOSED", "ACTIVE", "CANCELLED", "EXPIRED"],
  ACTIVE: ["COMPLETED", "FAILED"],
};

const keyOf = ({ owner, documentHash }: PackageRef) => `${owner}/${documentHash}`;

export const isLiveState = (state: DealState): boolean => state === "PROPOSED" || state === "ACTIVE";

/**
 * Books of a network's money, kept from the contracts' events alone, apart from everything that the gateway knows. `update` throws at the
 * first event that pays or locks twice; `differences` compares the sums with what the contracts hold.
 */
export class ChainBooks {
  readonly deals = new Map<DealId, BookedDeal>();
  readonly packages = new Map<string, BookedPackage>();
  readonly accounts = new Map<Address, Money>();
  readonly #ledger: EvmLedger;
  readonly #slots = new Map<string, BookedDeal>();
  /** Coins that the contract must hold. */
  #coins = 0n;
  #next: number;

  private constructor(ledger: EvmLedger) {
    this.#ledger = ledger;
    this.#next = ledger.deployment.deployedAt;
  }

  static async open(chainUrl: string, deals: Address): Promise<ChainBooks> {
    return new ChainBooks(await openLedger({ url: chainUrl, deployment: { deals } }));
  }

  close(): Promise<void> {
    return this.#ledger.stop();
  }

  get periodSeconds(): number {
    return this.#ledger.deployment.periodSeconds;
  }

  /** What is left in the reserve of a package, by its document hash: its owner's is the first in these networks. */
  reserveOf(documentHash: Hex): Money {
    const found = [...this.packages.values()].find((one) => one.documentHash === documentHash);
    return found?.reserve ?? 0n;
  }

  live(): BookedDeal[] {
    return [...this.deals.values()].filter((deal) => isLiveState(deal.state));
  }

  /** Read the events up to the finalised head; resolves with its number. */
  async update(): Promise<number> {
    for (;;) {
      const { events, next, head } = await this.#ledger.events(this.#next);
      for (const event of events) await this.#apply(event);
      this.#next = next;
      if (next > head.number) return head.number;
    }
  }

  /** What the contracts hold otherwise than the books say, in words; empty when all is right. */
  async differences(): Promise<string[]> {
    await this.update();
    const found: string[] = [];
    const compare = (what: string, booked: Money, held: Money) => {
      if (booked !== held) found.push(`${what}: ${booked} by the events, ${held} in the contract`);
    };
    for (const [account, booked] of this.accounts) {
      compare(`balance of ${account}`, booked, await this.#ledger.balance(account));
    }
    for (const { owner, documentHash, reserve } of this.packages.values()) {
      const held = await this.#ledger.packageReserve({ owner, documentHash });
      compare(`reserve of ${documentHash}`, reserve, held);
    }
    compare("coins of the contract", this.#coins, await this.#ledger.gasBalance(this.#ledger.deployment.deals));
    let owed = 0n;
    for (const balance of this.accounts.values()) owed += balance;
    for (const { reserve } of this.packages.values()) owed += reserve;
    for (const deal of this.deals.values()) {
      const rest = deal.escrow - deal.paid - deal.refunded;
      if (rest < 0n) found.push(`deal ${deal.deal} gave out ${-rest} more than its escrow`);
      if (!isLiveState(deal.state) && rest !== 0n) found.push(`deal ${deal.deal} is ${deal.state} with ${rest} left`);
      if (deal.paidPeriods > deal.periods) found.push(`deal ${deal.deal} was paid ${deal.paidPeriods} periods`);
      owed += rest;
    }
    compare("escrow, reserves and balances together", owed, this.#coins);
    return found;
  }

  async #apply(event: LedgerEvent): Promise<void> {
    switch (event.name) {
      case "Deposited":
        this.#coins += event.amount;
        return this.#add(event.account, event.amount);
      case "Withdrawn":
        this.#coins -= event.amount;
        return this.#add(event.account, -event.amount);
      case "PackageCreated":
        this.packages.set(keyOf(event), {
          owner: event.owner,
          documentHash: event.documentHash,
          reserve: event.reserve,
        });
        return this.#add(event.owner, -event.reserve);
      case "DealProposed":
        return this.#propose(event);
      case "DealStateChanged":
        return this.#move(event.deal, event.state);
      case "DealPaid": {
        const deal = this.#deal(event.deal);
        deal.paid += event.amount;
        deal.paidPeriods += event.periods;
        return this.#add(event.payee, event.amount);
      }
      case "DealRefunded": {
        const deal = this.#deal(event.deal);
        deal.refunded += event.amount;
        const found = this.#package(deal);
        if (event.toReserve) found.reserve += event.amount;
        else this.#add(found.owner, event.amount);
        return;
      }
      case "ReserveReleased": {
        const found = this.#package(event);
        found.reserve -= event.amount;
        return this.#add(found.owner, event.amount);
      }
      default:
    }
  }

  async #propose(event: LedgerEvent & { name: "DealProposed" }): Promise<void> {
    const { deal, owner, documentHash, piece, shard, escrow, periods } = event;
    if (this.deals.has(deal)) throw new Error(`deal ${deal} was proposed twice`);
    const slot = `${keyOf(event)}/${piece}/${shard}`;
    const before = this.#slots.get(slot);
    if (before !== undefined && isLiveState(before.state)) {
      throw new Error(`two live deals for ${slot}: ${before.deal} and ${deal}`);
    }
    const booked: BookedDeal = {
      deal,
      owner,
      documentHash,
      slot,
      escrow,
      periods,
      paid: 0n,
      paidPeriods: 0,
      refunded: 0n,
      state: "PROPOSED",
    };
    this.deals.set(deal, booked);
    this.#slots.set(slot, booked);
    const found = this.#package(event);
    if ((await this.#ledger.deal(deal))?.fromReserve === true) found.reserve -= escrow;
    else this.#add(found.owner, -escrow);
  }

  #move(id: DealId, state: DealState): void {
    const deal = this.deals.get(id);
    // The first change may be told before the proposal itself, in the same transaction.
    if (deal === undefined && state === "PROPOSED") return;
    if (deal === undefined) throw new Error(`deal ${id} became ${state} and was never proposed`);
    if (!NEXT_STATES[deal.state]?.includes(state)) throw new Error(`deal ${id} went from ${deal.state} to ${state}`);
    deal.state = state;
  }

  #deal(id: DealId): BookedDeal {
    const deal = this.deals.get(id);
    if (deal === undefined) throw new Error(`money of deal ${id} moved, and it was never proposed`);
    return deal;
  }

  #package(of: PackageRef): BookedPackage {
    const found = this.packages.get(keyOf(of));
    if (found === undefined) throw new Error(`package ${keyOf(of)} was never created`);
    return found;
  }

  #add(account: Address, amount: Money): void {
    const key = account.toLowerCase() as Address;
    this.accounts.set(key, (this.accounts.get(key) ?? 0n) + amount);
  }
}
