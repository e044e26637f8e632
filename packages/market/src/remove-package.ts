import { inTransaction, recordEvents, toJson } from "@cairn/catalog";
import { BEFORE_CHAIN, OVER } from "@cairn/core";
import { CairnError, type PackageId, recoverTyped, type Signed, signedToJson } from "@cairn/protocol";
import { assertSigner, type Context } from "./context.ts";
import { forgetFiles } from "./drive/end-package.ts";
import { sendTermination } from "./drive/send-termination.ts";
import { packageLease } from "./held-context.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import { loadSlots } from "./slot-rows.ts";
import type { PackageDetail } from "./types.ts";

/** Undo a package of which nothing is on chain; quotes lapse by themselves. Repeating it changes nothing. @throws `wrong-state` */
export async function abandonPackage(context: Context, { id }: { id: PackageId }): Promise<PackageDetail> {
  await context.early.drop(id);
  await inTransaction(context.pool, async (client) => {
    const row = await loadPackage(client, id, { lock: true });
    if (row.state === "ABANDONED") return;
    if (!BEFORE_CHAIN.includes(row.state)) {
      throw new CairnError(`package ${id} cannot be abandoned: it is ${row.state}`, {
        code: "wrong-state",
        kind: "conflict",
        details: { state: row.state },
        next: "Remove it with `cairn rm`.",
      });
    }
    await client.query(
      `update catalog.packages set state = 'ABANDONED', next_due_at = null, cause = null, next = null where id = $1`,
      [id],
    );
    for (const table of ["blocks", "slots"])
      await client.query(`delete from catalog.${table} where package = $1`, [id]);
    await recordEvents(client, [
      {
        package: id,
        kind: "package-abandoned",
        severity: "info",
        message: "The package was undone; nothing of it is kept.",
      },
    ]);
  });
  await forgetFiles(context, await loadPackage(context.pool, id));
  return packageStatus(context, { id });
}

/**
 * End every deal of a package on its owner's signed word: what accrued is paid, the rest comes back. One that is not on chain is abandoned.
 * @throws CairnError `bad-signature`, `bad-termination`, `reverted`, `chain-unreachable`
 */
export async function removePackage(
  context: Context,
  request: { id: PackageId; termination: Signed<"Termination"> },
): Promise<PackageDetail> {
  const row = await loadPackage(context.pool, request.id);
  if (BEFORE_CHAIN.includes(row.state)) return abandonPackage(context, request);
  if (OVER.includes(row.state)) return packageStatus(context, request);
  const { message, signature } = request.termination;
  if (message.documentHash !== row.documentHash || message.expiry <= BigInt(context.chainNow())) {
    throw new CairnError("what was signed ends another package, or its term is over", {
      code: "bad-termination",
      kind: "input",
      next: "Sign the document hash of this package with a later expiry.",
    });
  }
  assertSigner("the termination", recoverTyped("Termination", message, context.deployment, signature), row.owner);
  await beginEnding(context, row, request.termination);
  context.interrupts.get(row.id)?.abort(
    new CairnError("the package is being removed", {
      code: "removed",
      kind: "conflict",
      next: "Nothing: it was asked for. Put the folder again to store it anew.",
    }),
  );
  await terminate(context, row, request.termination);
  context.wake(row.id);
  return packageStatus(context, request);
}

/** The owner's word is kept before it is sent, so that a crash in between loses nothing. */
async function beginEnding(context: Context, row: PackageRow, termination: Signed<"Termination">): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    const locked = await loadPackage(client, row.id, { lock: true });
    await client.query("update catalog.packages set termination = $2 where id = $1", [
      row.id,
      toJson(signedToJson(termination)),
    ]);
    if (locked.state === "ENDING") return;
    // Whichever other gateway drives it is to send nothing more: without the lease it cannot.
    await client.query("delete from catalog.leases where name = $1 and holder <> $2", [
      packageLease(row.id),
      context.leases.holder,
    ]);
    await client.query(
      "update catalog.packages set state = 'ENDING', next_due_at = now(), cause = null, next = null where id = $1",
      [row.id],
    );
    await recordEvents(client, [
      {
        package: row.id,
        kind: "package-ending",
        severity: "info",
        message: "The owner ended the package: its deals end with the next period, what accrued is paid.",
      },
    ]);
  });
}

async function terminate(context: Context, row: PackageRow, termination: Signed<"Termination">): Promise<void> {
  const slots = await loadSlots(context.pool, row.id);
  const touched = slots.filter(
    (slot) => slot.state.deal !== null && (slot.state.proposal !== null || slot.state.phase !== "QUOTED"),
  );
  if (touched.length === 0) return;
  const deals = touched.map((slot) => slot.state.deal!);
  const refusal = await sendTermination(
    context,
    { owner: row.owner, documentHash: termination.message.documentHash },
    termination,
    deals,
  );
  if (refusal === undefined) return;
  // Nothing of the package may be on chain yet: what was only proposed is withdrawn by the driver.
  const records = await Promise.all(deals.map((deal) => context.ledger.deal(deal)));
  if (!records.some((record) => record?.state === "ACTIVE")) return;
  throw new CairnError(`the contract refused to end the deals: ${refusal}`, {
    code: "reverted",
    kind: "conflict",
    next: "Remove it again, so that it is signed anew.",
  });
}
