import { carHeader } from "@cairn/archive";
import { findBlocks, type insertBlocks, inTransaction, recordEvents, removeBlocks } from "@cairn/catalog";
import { LONGEST_PAUSE_SECONDS } from "@cairn/core";
import { databaseAway } from "@cairn/database";
import {
  asCairnError,
  CAR_HEADER_BYTES,
  CairnError,
  type CommitmentDocument,
  MAX_DOCUMENT_BYTES,
  type PackageId,
  type PieceCommitment,
  plainText,
  shardsRoot,
} from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import { CID } from "multiformats/cid";
import { type CommitmentRequest, computeCommitments } from "./compute-commitments.ts";
import type { Context } from "./context.ts";
import { indexPiece } from "./index-piece.ts";
import { pieceLimit } from "./open-package.ts";
import { loadPackage, loadPieces, type PackageRow, type PieceRow } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import { requireHere } from "./spool-here.ts";
import type { CompleteRequest, PackageDetail } from "./types.ts";

/** dag-pb, raw, dag-cbor: CIDs of 36 bytes, as the header of a piece needs. */
const CODECS = [0x70, 0x55, 0x71];
/** Text of a commitment in the document, with its key and length. */
const BYTES_PER_SHARD = 120;
/** Length and CommP of a piece in the document, with their keys. */
const BYTES_PER_PIECE = 120;

/** Tries to compute commitments that may fail at this gateway, and the pause after the first, which doubles: a quarter of an hour in all. A choice. */
const MOST_TRIES = 8;
const FIRST_PAUSE_SECONDS = 5;
const COMMIT_AGAIN = "Nothing yet: it is tried again. If it goes on, look at the gateway's disk and its log.";

/** Runs under way, by what all contexts of one market share. */
const running = new WeakMap<Context["committing"], Map<PackageId, Promise<void>>>();

/**
 * Close a package: check every block against its CID, compute all commitments, fix the document. RECEIVING → COMMITTING → COMMITTED; it
 * goes on after a crash and may be asked again with the same terms.
 * @throws CairnError `bad-root`, `piece-incomplete`, `manifest-missing`, `wrong-state`, `corrupt-car`, `corrupt-block`,
 * `root-missing`, `no-space`, `held-elsewhere`
 */
export async function completePackage(context: Context, request: CompleteRequest): Promise<PackageDetail> {
  const root = parseRoot(request.root);
  const row = await loadPackage(context.pool, request.id);
  if (row.state === "RECEIVING" || row.state === "COMMITTING") await requireHere(context, row);
  if (row.state === "RECEIVING") await beginCommitting(context, row, request, root);
  else if (row.root !== root.toString()) {
    throw new CairnError(`package ${row.id} was completed with the root ${row.root}`, {
      code: "wrong-state",
      kind: "conflict",
      details: { state: row.state },
      next: "Look at it with `cairn show`.",
    });
  }
  await finishCommitting(context, request.id);
  return packageStatus(context, { id: request.id });
}

/** Take a COMMITTING package to COMMITTED; callers of the same package share one run. */
export function finishCommitting(context: Context, id: PackageId): Promise<void> {
  const known = running.get(context.committing) ?? new Map<PackageId, Promise<void>>();
  running.set(context.committing, known);
  const existing = known.get(id);
  if (existing) return existing;
  const run = makeDocument(context, id).finally(() => {
    known.delete(id);
    context.committing.delete(id);
    void context.early.drop(id);
  });
  known.set(id, run);
  return run;
}

async function beginCommitting(context: Context, row: PackageRow, request: CompleteRequest, root: CID): Promise<void> {
  if (!row.manifest) {
    throw new CairnError("the manifest has not been sent", {
      code: "manifest-missing",
      kind: "conflict",
      next: "Send the manifest, then complete the upload.",
    });
  }
  const received = await context.spool.received(row.id);
  for (const [number, { length }] of request.pieces.entries()) {
    const body = length - CAR_HEADER_BYTES;
    if (received.get(number) === body && length <= pieceLimit(context, row.k)) continue;
    throw new CairnError(`of piece ${number}, ${received.get(number) ?? 0} of ${body} bytes are here`, {
      code: "piece-incomplete",
      kind: "conflict",
      details: { piece: number, received: received.get(number) ?? 0, expected: body },
      next: "Send the rest of the piece, then complete the upload again.",
    });
  }
  if (received.size !== request.pieces.length) {
    throw new CairnError(`${received.size} pieces were sent, and ${request.pieces.length} are named`, {
      code: "piece-incomplete",
      kind: "conflict",
      details: { received: received.size, expected: request.pieces.length },
      next: "Complete the upload with the lengths of all pieces that were sent.",
    });
  }
  if (request.pieces.length * (row.n * BYTES_PER_SHARD + BYTES_PER_PIECE) > MAX_DOCUMENT_BYTES) {
    throw new CairnError(`${request.pieces.length} pieces of ${row.n} shards are too many for one package`, {
      code: "too-many-shards",
      kind: "input",
      next: "Store the folder as several packages, or with fewer shards.",
    });
  }
  await inTransaction(context.pool, async (client) => {
    const locked = await loadPackage(client, row.id, { lock: true });
    if (locked.state !== "RECEIVING") return;
    await client.query("delete from catalog.pieces where package = $1", [row.id]);
    await client.query(
      "insert into catalog.pieces (package, number, length) select $1, * from unnest($2::integer[], $3::bigint[])",
      [row.id, request.pieces.map((_, number) => number), request.pieces.map(({ length }) => length)],
    );
    await client.query(
      `update catalog.packages set state = 'COMMITTING', root = $2, files = $3, bytes = $4, cause = null, next = null, next_due_at = now(), commit_tries = 0
       where id = $1`,
      [row.id, root.toString(), request.files, request.bytes],
    );
  });
}

async function makeDocument(context: Context, id: PackageId): Promise<void> {
  const row = await loadPackage(context.pool, id);
  if (row.state !== "COMMITTING") return;
  const pieces = await loadPieces(context.pool, id);
  const root = parseRoot(row.root!);
  const total = pieces.reduce((sum, piece) => sum + 2 * piece.length, 0);
  let done = 0;
  const advance = (bytes: number) => {
    done += bytes;
    context.committing.set(id, { done: Math.min(done, total), total });
  };
  advance(0);
  try {
    for (const piece of pieces) await writeHeader(context, id, piece, root);
    const indexing = indexPieces(context, id, pieces, root);
    // Its failure is awaited below; until then it must not count as unhandled.
    indexing.catch(() => undefined);
    const commitments: PieceCommitment[] = [];
    for (const piece of pieces) {
      const request = commitmentRequest(context, row, piece);
      const later = await context.early.rootsOf(row.id, piece, advance);
      commitments.push(await computeCommitments(request, context.kernels, advance, later));
    }
    await indexing;
    await commit(context, row, commitments);
  } catch (error) {
    await giveBack(context, id, error);
    throw error;
  }
}

async function writeHeader(context: Context, id: PackageId, piece: PieceRow, root: CID): Promise<void> {
  const file = await context.spool.openFile(context.spool.piecePath(id, piece.number));
  try {
    const { size } = await file.stat();
    if (size !== piece.length) {
      throw new CairnError(`the spooled piece ${piece.number} has ${size} bytes, not ${piece.length}`, {
        code: "corrupt-spool",
        kind: "corrupt",
        next: "Send the piece again.",
      });
    }
    await file.write(carHeader(root), 0, CAR_HEADER_BYTES, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function indexPieces(context: Context, id: PackageId, pieces: readonly PieceRow[], root: CID): Promise<void> {
  for (const piece of pieces) {
    if (!(await context.early.wasIndexed(id, piece))) await indexPiece(context, id, piece.number);
  }
  await context.pool.query("update catalog.pieces set indexed = true where package = $1", [id]);
  if ((await findBlocks(context.pool, id, [root.bytes])).length > 0) return;
  throw new CairnError(`the root ${root} is in none of the pieces`, {
    code: "root-missing",
    kind: "input",
    next: "Complete the upload with the root of the DAG that was sent.",
  });
}

/** What `computeCommitments` needs to know of a spooled piece. */
export function commitmentRequest(
  context: Context,
  row: PackageRow,
  piece: Pick<PieceRow, "number" | "length">,
): CommitmentRequest {
  return {
    path: context.spool.piecePath(row.id, piece.number),
    package: row.id,
    piece: piece.number,
    pieceLength: piece.length,
    k: row.k,
    n: row.n,
    mask: row.mask,
    repairKey: row.repairKey,
  };
}

async function commit(context: Context, row: PackageRow, pieces: PieceCommitment[]): Promise<void> {
  const document: CommitmentDocument = {
    version: 1,
    package: row.id,
    owner: row.owner,
    root: row.root!,
    k: row.k,
    n: row.n,
    erasure: "rs-cauchy-gf256-v1",
    mask: row.mask,
    pieces,
    manifest: { sha256: row.manifest!.sha256, size: row.manifest!.size },
  };
  const { bytes, documentHash } = encodeDocument(document);
  await inTransaction(context.pool, async (client) => {
    const locked = await loadPackage(client, row.id, { lock: true });
    if (locked.state !== "COMMITTING") return;
    await context.lease?.assertHeld(client);
    await client.query(
      `update catalog.pieces p set comm_p = c.comm_p from unnest($2::integer[], $3::text[]) as c (number, comm_p)
       where p.package = $1 and p.number = c.number`,
      [row.id, pieces.map((_, number) => number), pieces.map((piece) => piece.commP)],
    );
    await insertSlots(client, row.id, pieces, "spool");
    await client.query(
      `update catalog.packages set state = 'COMMITTED', document = $2, document_hash = $3, shards_root = $4, next_due_at = null,
         cause = null, next = null, touched_at = now() where id = $1`,
      [row.id, Buffer.from(bytes), documentHash, shardsRoot(document)],
    );
    await recordEvents(client, [
      {
        package: row.id,
        kind: "package-committed",
        severity: "info",
        message: `All ${pieces.length * row.n} shards of the package have their commitments; it waits for its owner's signature.`,
      },
    ]);
  });
}

/** One EMPTY slot for every shard of a document. */
export async function insertSlots(
  client: Parameters<typeof insertBlocks>[0],
  id: PackageId,
  pieces: readonly PieceCommitment[],
  source: "spool" | "none",
): Promise<void> {
  const shards = pieces.flatMap((piece, number) => piece.shards.map((shard, i) => ({ ...shard, number, i })));
  await client.query(
    `insert into catalog.slots (package, piece, shard, commitment, raw_length, source)
     select $1, t.*, $6 from unnest($2::integer[], $3::integer[], $4::text[], $5::bigint[]) as t on conflict do nothing`,
    [
      id,
      shards.map((shard) => shard.number),
      shards.map((shard) => shard.i),
      shards.map((shard) => shard.commitment),
      shards.map((shard) => shard.rawLength),
      source,
    ],
  );
}

/**
 * What the sender can mend goes back to RECEIVING with the cause. Anything else, such as a disk that fails to read, stays COMMITTING and is tried again, more
 * rarely each time; after some tries it goes back as well, without the pieces: sent again, they stand elsewhere on the disk.
 */
async function giveBack(context: Context, id: PackageId, error: unknown): Promise<void> {
  const { code, kind, message, next } = asCairnError(error);
  if (kind === "corrupt" || kind === "input") return backToReceiving(context, id, message, next);
  // Nothing was tried: the gateway stops, or its database is away.
  if (code === "stopping" || databaseAway(error) !== undefined) return;
  const cause = `This gateway could not compute its commitments: ${message}.`;
  const { rows } = await context.pool.query<{ tries: number }>(
    // Asked again before it is due, it has not been waited for: that counts as one try.
    `update catalog.packages set commit_tries = commit_tries + 1, cause = $2, next = $3,
       next_due_at = now() + make_interval(secs => least($4::float8, $5 * 2 ^ least(commit_tries, 10)))
     where id = $1 and state = 'COMMITTING' and next_due_at <= now() returning commit_tries as tries`,
    [id, plainText(cause), COMMIT_AGAIN, LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS],
  );
  context.log.warn({ package: id, error: String(error), tries: rows[0]?.tries }, "commitments could not be computed");
  if ((rows[0]?.tries ?? 0) < MOST_TRIES) return;
  await context.spool.removePackage(id);
  await backToReceiving(
    context,
    id,
    cause,
    "Send the pieces again, or abandon the package; look at the gateway's disk.",
  );
}

async function backToReceiving(
  context: Context,
  id: PackageId,
  cause: string,
  next: string | undefined,
): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    await removeBlocks(client, id);
    await client.query("delete from catalog.pieces where package = $1", [id]);
    await client.query(
      `update catalog.packages set state = 'RECEIVING', root = null, cause = $2, next = $3, next_due_at = null, touched_at = now()
       where id = $1 and state = 'COMMITTING'`,
      [id, plainText(cause), next ?? "Send the pieces again, or abandon the package."],
    );
    await recordEvents(client, [{ package: id, kind: "commit-refused", severity: "error", message: cause, next }]);
  });
}

export function parseRoot(text: string): CID {
  try {
    const cid = CID.parse(text);
    if (cid.version === 1 && cid.multihash.code === 0x12 && CODECS.includes(cid.code)) return cid;
  } catch (cause) {
    throw badRoot(text, cause);
  }
  throw badRoot(text);
}

function badRoot(text: string, cause?: unknown): CairnError {
  return new CairnError(`${text.slice(0, 128)} is not a root that a package can have`, {
    code: "bad-root",
    kind: "input",
    next: "Give a CIDv1 with sha2-256 of a dag-pb, raw or dag-cbor block.",
    cause,
  });
}
