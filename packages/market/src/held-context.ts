import type { Lease } from "@cairn/catalog";
import type { Ledger } from "@cairn/core";
import type { Context } from "./context.ts";

/** What is sent for a package that is driven. */
const SENT: ReadonlySet<keyof Ledger> = new Set([
  "propose",
  "recordReceipts",
  "activate",
  "cancel",
  "terminate",
  "releaseReserve",
]);

/**
 * The context of whoever drives a package under a lease: slots are written in transactions that hold it, and nothing is sent to the chain once
 * it is lost. Should a process be stopped between the look and the sending, what it sends has the same id as what its successor sends of
 * the same step (outgoing_transactions), or is refused by the contract, which has each deal and slot once.
 */
export function heldContext(context: Context, lease: Pick<Lease, "assertHeld">): Context {
  const ledger = new Proxy(context.ledger, {
    get(target, name: keyof Ledger) {
      const value: unknown = target[name];
      if (typeof value !== "function") return value;
      if (!SENT.has(name)) return value.bind(target);
      return async (...args: unknown[]) => {
        await lease.assertHeld();
        return value.apply(target, args);
      };
    },
  });
  return { ...context, ledger, lease };
}

/** Lease of a package that is driven. */
export const packageLease = (id: string): string => `package:${id}`;
