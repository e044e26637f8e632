import type { PackageId } from "@cairn/protocol";
import type { PackageState } from "./types.ts";

/** A package that is to be driven. */
export interface Driven {
  id: PackageId;
  account: string;
  state: PackageState;
}

export type Lane = "committing" | "placing" | "keeping";

/**
 * Packages that are driven at once, and how many of them may be one account's. Hashing keeps the processor busy; those that are placed or kept
 * wait for providers most of the time, each with a few queries every two seconds. New puts and repairs do not wait for each other.
 */
const ROOM: Record<Lane, { all: number; ofOneAccount: number }> = {
  committing: { all: 8, ofOneAccount: 4 },
  placing: { all: 64, ofOneAccount: 8 },
  keeping: { all: 64, ofOneAccount: 16 },
};

function laneOf(state: PackageState): Lane {
  if (state === "COMMITTING") return "committing";
  return state === "PLACING" ? "placing" : "keeping";
}

/** The room that a package of a state finds. */
export interface StateRoom {
  state: PackageState;
  lane: Lane;
  /** How many more packages the lane takes now. */
  free: number;
  /** Packages of one account that the lane takes at once, those that are driven included. */
  ofOneAccount: number;
}

/** Which packages are driven now, and whether there is room for another. */
export class DriveLanes {
  readonly #driven = new Map<PackageId, { account: string; lane: Lane }>();

  get packages(): { id: PackageId; account: string; lane: Lane }[] {
    return [...this.#driven].map(([id, { account, lane }]) => ({ id, account, lane }));
  }

  roomOf(state: PackageState): StateRoom {
    const lane = laneOf(state);
    const { all, ofOneAccount } = ROOM[lane];
    return { state, lane, free: all - this.#in(lane).length, ofOneAccount };
  }

  /** Enter a package; false when it is driven already or there is no room for it. */
  enter({ id, account, state }: Driven): boolean {
    if (this.#driven.has(id)) return false;
    const { lane, free, ofOneAccount } = this.roomOf(state);
    if (free <= 0) return false;
    if (this.#in(lane).filter((one) => one.account === account).length >= ofOneAccount) return false;
    this.#driven.set(id, { account, lane });
    return true;
  }

  leave(id: PackageId): void {
    this.#driven.delete(id);
  }

  #in(lane: Lane): { account: string }[] {
    return [...this.#driven.values()].filter((one) => one.lane === lane);
  }
}
