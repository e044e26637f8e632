import { inTransaction, recordEvents, toJson } from "@cairn/catalog";
import { pricePerPeriod, quoteUsable } from "@cairn/core";
import { compareCoins, formatCoins } from "@cairn/core/coins";
import { CairnError, DAY, messageToJson, recoverTyped, signedToJson } from "@cairn/protocol";
import { assertSigner, type Context } from "./context.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import { escrowOf } from "./request-quotes.ts";
import { loadSlots } from "./slot-rows.ts";
import type { CommitRequest, PackageDetail } from "./types.ts";

/**
 * Take the owner's mandate: COMMITTED → PLACING. From here the package is driven by the market. Asking again with the same mandate answers
 * the package as it stands.
 * @throws CairnError `wrong-state`, `bad-signature`, `bad-mandate` (details.field), `quotes-lapsed`, `insufficient-funds`
 */
export async function commitPackage(context: Context, request: CommitRequest): Promise<PackageDetail> {
  const row = await loadPackage(context.pool, request.id);
  if (row.state !== "COMMITTED" && row.mandate?.signature === request.mandate.signature) {
    return packageStatus(context, { id: request.id });
  }
  assertCommitted(row);
  await checkRequest(context, row, request);
  const now = context.chainNow();
  await inTransaction(context.pool, async (client) => {
    assertCommitted(await loadPackage(client, row.id, { lock: true }));
    await client.query(
      `update catalog.packages set state = 'PLACING', mandate = $2, owner_signature = $3, read_capability = $4, committed_at = now(),
         expires_at = $5, next_due_at = now(), cause = null, next = null where id = $1`,
      [
        row.id,
        toJson(messageToJson<"Mandate">(request.mandate.message)),
        request.mandate.signature,
        toJson(signedToJson(request.readCapability)),
        now + Math.ceil(row.days * DAY),
      ],
    );
    await recordEvents(client, [
      {
        package: row.id,
        kind: "package-placing",
        severity: "info",
        message: "The owner signed; escrow is being locked and the shards handed over.",
      },
    ]);
  });
  context.wake(row.id);
  return packageStatus(context, { id: row.id });
}

function assertCommitted(row: PackageRow): void {
  if (row.state === "COMMITTED") return;
  throw new CairnError(`package ${row.id} cannot be committed: it is ${row.state}`, {
    code: "wrong-state",
    kind: "conflict",
    details: { state: row.state },
    next: "Look at it with `cairn show`.",
  });
}

async function checkRequest(context: Context, row: PackageRow, request: CommitRequest): Promise<void> {
  const { mandate, readCapability } = request;
  const now = context.chainNow();
  const slots = await loadSlots(context.pool, row.id);
  if (!slots.every((slot) => quoteUsable(slot.state, context.chainNow()))) {
    throw new CairnError("the quotes ran out before they were signed", {
      code: "quotes-lapsed",
      kind: "conflict",
      next: "Ask for a new quote and sign that.",
    });
  }
  const escrow = slots.reduce((sum, slot) => sum + escrowOf(slot.quote!), 0n);
  const m = mandate.message;
  const dearestPrice = (rawLength: bigint) => pricePerPeriod(m.maxPrice, rawLength, context.deployment.periodSeconds);
  const fields: [string, boolean][] = [
    ["documentHash", m.documentHash === row.documentHash],
    ["shardsRoot", m.shardsRoot === row.shardsRoot],
    ["pieces", m.pieces === new Set(slots.map((slot) => slot.piece)).size],
    ["k", m.k === row.k],
    ["n", m.n === row.n],
    ["verifierSet", m.verifierSet === row.verifierSet],
    ["executor", m.executor.toLowerCase() === context.executor],
    ["maxEscrow", m.maxEscrow >= escrow],
    ["maxPrice", slots.every((slot) => slot.quote!.pricePerPeriod <= dearestPrice(slot.quote!.rawLength))],
    ["end", m.end >= BigInt(now + Math.floor(row.days * DAY))],
    ["expiry", m.expiry > BigInt(context.chainNow())],
    ["readCapability.documentHash", readCapability.message.documentHash === row.documentHash],
    ["readCapability.audience", readCapability.message.audience.toLowerCase() === context.executor],
    ["readCapability.expiry", readCapability.message.expiry > BigInt(now)],
  ];
  for (const [field, right] of fields) {
    if (right) continue;
    throw new CairnError(`the field ${field} of what was signed is not as quoted`, {
      code: "bad-mandate",
      kind: "input",
      details: { field },
      next: "Ask for a quote and sign its fields.",
    });
  }
  const { deployment } = context;
  assertSigner("the mandate", recoverTyped("Mandate", m, deployment, mandate.signature), row.owner);
  const reader = recoverTyped("ReadCapability", readCapability.message, deployment, readCapability.signature);
  assertSigner("the read capability", reader, row.owner);
  const need = escrow + m.repairReserve;
  const have = await context.ledger.balance(row.owner);
  if (have >= need) return;
  const [has, takes] = compareCoins(have, need);
  throw new CairnError(`the deposit has ${has}, and this takes ${takes}`, {
    code: "insufficient-funds",
    kind: "exhausted",
    details: { need: need.toString(), have: have.toString(), account: row.owner },
    next: `Deposit ${formatCoins(need - have, { rounding: "up" })} more for ${row.owner} (\`cairn wallet deposit\`); nothing was proposed.`,
  });
}
