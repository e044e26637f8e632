import { inTransaction, recordEvents } from "@cairn/catalog";
import { checkPlacement, describeLeftOut, judgeCandidates, placementToJson, shardsOf, shortOf } from "@cairn/core";
import { type Address, CairnError, MAX_PIECE_BYTES, MAX_SHARD_BYTES } from "@cairn/protocol";
import { gatheredCandidates } from "./candidates.ts";
import type { Context } from "./context.ts";
import { bytesOf, loadPackage } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import type { OpenPackageRequest, PackageDetail } from "./types.ts";

const MAX_LABEL_BYTES = 4096;
const MAX_SHARDS = 255;
const MAX_DAYS = 3650;

/** Largest CAR file of a package, header included: a shard must fit one sector. */
export function pieceLimit(context: Pick<Context, "pieceLimit">, k: number): number {
  return Math.min(context.pieceLimit ?? MAX_PIECE_BYTES, MAX_SHARD_BYTES * k);
}

/**
 * Begin a package: RECEIVING. Opening the same id again for the same account answers the package as it stands.
 * @throws CairnError `bad-package` (field, allowed), `too-few-providers`, `name-taken`, `package-exists`, `no-space`
 */
export async function openPackage(context: Context, request: OpenPackageRequest): Promise<PackageDetail> {
  check(request);
  const { rows } = await context.pool.query("select account from catalog.packages where id = $1", [request.id]);
  if (rows[0] !== undefined) {
    if ((rows[0] as { account: string }).account !== request.account) throw exists(request.id);
    return packageStatus(context, { id: request.id });
  }
  await requireProviders(context, request);
  if (request.expectedBytes !== undefined) {
    // Where the providers share this machine, their shards take room on the same disk (data-path of a put: P(1 + n/k)).
    const copies = context.profile.providers > 0 ? 1 + request.n / request.k : 1;
    await context.spool.assertSpace(Math.ceil(request.expectedBytes * copies), "the package and its shards");
  }
  await context.spool.prepare(request.id);
  try {
    await inTransaction(context.pool, async (client) => {
      await client.query(
        `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, repair_key, verifier_set, placement,
           public, hot, spool)
         values ($1, $2, $3, $4, $5, 'RECEIVING', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
        [
          request.id,
          request.account,
          request.owner.toLowerCase() as Address,
          bytesOf(request.nameHash),
          Buffer.from(request.label),
          request.k,
          request.n,
          request.mask,
          request.layout,
          request.days,
          Buffer.from(request.repairKey),
          context.verifierSet,
          placementToJson(request.placement ?? {}),
          request.public ?? false,
          request.hot ?? false,
          context.spoolId,
        ],
      );
      await recordEvents(client, [
        {
          package: request.id,
          kind: "package-opened",
          severity: "info",
          message: `A package is being received, to be kept as ${request.k} of ${request.n} shards.`,
        },
      ]);
    });
  } catch (error) {
    const { constraint } = error as { constraint?: string };
    if (constraint === "packages_pkey") {
      const known = await loadPackage(context.pool, request.id);
      if (known.account !== request.account) throw exists(request.id);
    } else if (constraint === "packages_live_name") {
      throw new CairnError("a package with this name is there already", {
        code: "name-taken",
        kind: "conflict",
        next: "Choose another name (--name), or take its place with `cairn put --replace`.",
      });
    } else throw error;
  }
  return packageStatus(context, { id: request.id });
}

/** Before anything is uploaded: as many providers as shards must be there, and be allowed. */
async function requireProviders(context: Context, { n, placement = {} }: OpenPackageRequest): Promise<void> {
  const all = await gatheredCandidates(context, n);
  const { qualified, leftOut } = judgeCandidates(placement, shardsOf(n), all);
  const rules = leftOut.map(({ rule }) => rule);
  const available = qualified.length;
  const short = shortOf(placement, n, qualified);
  const placed = short !== "countries";
  if (short === undefined) return;
  const left = describeLeftOut(placement, rules);
  const why = rules.length === 0 ? "" : ` that qualify (${left.join("; ")})`;
  const fewer = available > 0 ? `, choose n of at most ${available}` : "";
  throw new CairnError(
    available < n
      ? `${n} shards need ${n} providers, and there are ${available}${why}`
      : `${n} shards cannot be placed one by one in ${(placement.shardCountries ?? []).join(", ")}: too few providers are in one of these`,
    {
      code: "too-few-providers",
      kind: "input",
      next:
        rules.length === 0 && placed
          ? `Start more providers${fewer}.`
          : `Ask less of providers${available < n ? fewer : ""}, or wait until others are there.`,
      details: { field: "n", needed: n, available },
    },
  );
}

function exists(id: string): CairnError {
  return new CairnError(`the id ${id} is taken`, {
    code: "package-exists",
    kind: "conflict",
    next: "Draw another random id.",
  });
}

function refuse(field: string, message: string, allowed: string): never {
  throw new CairnError(message, {
    code: "bad-package",
    kind: "input",
    details: { field, allowed },
    next: `Give ${allowed}.`,
  });
}

/** Shards, time and demands that a package can have. @throws CairnError `bad-package`, `bad-placement` */
export function checkTerms({
  k,
  n,
  days,
  placement = {},
}: Pick<OpenPackageRequest, "k" | "n" | "days" | "placement">): void {
  if (!Number.isInteger(n) || n < 1 || n > MAX_SHARDS) refuse("n", `n is ${n}`, `an n from 1 to ${MAX_SHARDS}`);
  if (!Number.isInteger(k) || k < 1 || k > n) {
    refuse(
      "k",
      `k = ${k} is not possible with n = ${n}: ${k} shards would be needed and only ${n} made`,
      `a k from 1 to ${n}`,
    );
  }
  if (!(days > 0 && days <= MAX_DAYS))
    refuse("days", `${days} days cannot be agreed`, `more than 0 and at most ${MAX_DAYS} days`);
  checkPlacement(placement, n);
}

function check(request: OpenPackageRequest): void {
  if (!/^[0-9a-f]{32}$/.test(request.id)) refuse("id", "the package id is malformed", "32 hex digits");
  if (!/^0x[0-9a-fA-F]{40}$/.test(request.owner)) refuse("owner", "the owner is no address", "0x and 40 hex digits");
  if (!/^0x[0-9a-f]{64}$/.test(request.nameHash))
    refuse("nameHash", "the name's hash is malformed", "0x and 64 hex digits");
  checkTerms(request);
  if (request.public && request.layout !== "unencrypted" && request.layout !== "car")
    refuse("public", "what is encrypted cannot be public", "public only with the layouts unencrypted and car");
  if (request.label.length > MAX_LABEL_BYTES)
    refuse("label", "the label is too long", `at most ${MAX_LABEL_BYTES} bytes`);
  const keyBytes = request.mask === "none" ? [0, 32] : [32];
  if (!keyBytes.includes(request.repairKey.length))
    refuse("repairKey", "the repair key has another length", "32 bytes");
  if (request.mask !== "none" && request.mask !== "aes-256-ctr-v1")
    refuse("mask", "the mask is unknown", "aes-256-ctr-v1 or none");
}
