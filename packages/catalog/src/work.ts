import type { OwnersWork } from "@cairn/core";
import type { Address, Hex } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** What the verdicts of one verifier set say of each provider, by who paid. */
export async function listWork(db: Queryable, trusted: Hex): Promise<Map<Address, OwnersWork[]>> {
  const { rows } = await db.query(
    `select provider, owner, fulfilled::text, committed::text, paid::text from catalog.work where verifier_set = $1
     order by provider, owner`,
    [trusted],
  );
  const work = new Map<Address, OwnersWork[]>();
  for (const { provider, owner, fulfilled, committed, paid } of rows) {
    const one = { owner, fulfilled: BigInt(fulfilled), committed: BigInt(committed), paid: BigInt(paid) };
    work.set(provider, [...(work.get(provider) ?? []), one]);
  }
  return work;
}

/** Wallets of the accounts that this gateway serves: each proved to hold its key. */
export async function listKnownOwners(db: Queryable): Promise<Set<Address>> {
  const { rows } = await db.query("select owner from catalog.accounts where owner is not null");
  return new Set(rows.map((row) => row.owner as Address));
}
