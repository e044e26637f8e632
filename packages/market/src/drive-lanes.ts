import type { PackageId } from "@cairn/protocol";
import type { PackageState } from "./types.ts";

/** A package that is to be driven. */
export interface Driven {
  id: PackageId;
  account: string;
  state: PackageState;
}

type Lane = "committing" | "placing" | "keeping";

/**
 * Packages that are driven at once, and how many of them may be one account's. Hashing keeps the processor busy; those that are placed or kept
 * wait for providers most of the time, each with a few queries every two seconds. New puts and repairs do not wait for each other.
 */
const ROOM: Record<Lane, { all: number; ofOneAccount: number }> = {
  committing: { all: 8, ofOneAccount: 4 },
  placing: { all: 64, ofOneAccount: 8 },
  keeping: { all: 64, ofOneAccount: 16 },
};

/** More than can be taken of one account in one sweep. */
export const MOST_OF_ONE_ACCOUNT = 4 + 8 + 16;
export const MOST_DRIVEN = 8 + 64 + 64;

function laneOf(state: PackageState): Lane {
  if (state === "COMMITTING") return "committing";
  return state === "PLACING" ? "placing" : "keeping";
}

/** Which packages are driven now, and whether there is room for another. */
export class DriveLanes {
  readonly #driven = new Map<PackageId, { account: string; lane: Lane }>();

  get packages(): PackageId[] {
    return [...this.#driven.keys()];
  }

  /** Enter a package; false when it is driven already or there is no room for it. */
  enter({ id, account, state }: Driven): boolean {
    if (this.#driven.has(id)) return false;
    const lane = laneOf(state);
    const there = [...this.#driven.values()].filter((one) => one.lane === lane);
    const room = ROOM[lane];
    if (there.length >= room.all) return false;
    if (there.filter((one) => one.account === account).length >= room.ofOneAccount) return false;
    this.#driven.set(id, { account, lane });
    return true;
  }

  leave(id: PackageId): void {
    this.#driven.delete(id);
  }
}
