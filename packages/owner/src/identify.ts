import type { Manifest } from "@cairn/archive/browser";
import type { CheckResultJson, PackageDetailJson, PackageJson } from "@cairn/client";
import type { Ledger } from "@cairn/core";
import type { CommitmentDocument, Hex } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { shardsRoot } from "@cairn/protocol/shards-root";
import { type Expectation, expectEqual, lie } from "./gateway-lies.ts";
import type { KnownPackage } from "./known-packages.ts";
import { decryptLabel } from "./labels.ts";
import type { Owner } from "./ports.ts";

const UNTOUCHED = "Nothing was read, signed or removed.";

/**
 * Whether a package that the gateway answered is the one that was asked for: its label, which this account's key made for this very id,
 * has the name; and it is as this home remembers it, where it does.
 * @throws CairnError `gateway-lies` (details.field), `wrong-key` when the label is another account's or another package's
 */
export function checkIdentity(
  account: Pick<Owner, "lookupKey">,
  found: PackageJson,
  asked: { id: string } | { name: string },
  known: KnownPackage | undefined,
): void {
  const label = found.label === null ? undefined : decryptLabel(account, found.id, found.label);
  const expectations: Expectation[] = [];
  if ("id" in asked) expectations.push(["id", found.id, asked.id]);
  else expectations.push(["name", label?.name ?? null, asked.name.normalize("NFC")]);
  if (known !== undefined) {
    expectations.push(["documentHash", found.documentHash, known.documentHash], ["root", found.root, known.root]);
  }
  expectEqual(expectations, UNTOUCHED);
}

/**
 * Read a package's commitment document and hold it against what the gateway says of the package and what was asked: the document hash binds
 * the id to everything else, and the chain (checkOwnership) the hash to its owner. Whose wallet that is, `ownDocument` looks at.
 * @throws CairnError `gateway-lies`
 */
export function checkDocument(bytes: Uint8Array, found: PackageJson): CommitmentDocument {
  const hash: Hex = sha256Hex(bytes);
  expectEqual([["documentHash", found.documentHash, hash]], UNTOUCHED);
  let document: CommitmentDocument;
  try {
    document = decodeDocument(bytes);
  } catch (error) {
    throw lie("document", `unreadable (${(error as Error).message})`, "readable", UNTOUCHED);
  }
  expectEqual(
    [
      ["document.package", document.package, found.id],
      ["root", found.root, document.root],
      ["k", found.k, document.k],
      ["n", found.n, document.n],
      ["mask", found.mask, document.mask],
      ["pieces", found.pieces, document.pieces.length],
      ["strength.needed", found.strength.needed, document.k],
      ["strength.full", found.strength.full, document.n],
    ],
    UNTOUCHED,
  );
  return document;
}

/** Two answers on one package: what the document fixed is the same in both. */
export function checkSame(detail: PackageDetailJson, found: PackageJson): void {
  const fixed = ["documentHash", "root", "k", "n", "mask", "pieces"] as const;
  expectEqual(
    fixed.map((field): Expectation => [field, detail[field], found[field]]),
    UNTOUCHED,
  );
}

/** What a detailed answer says of pieces and shards is what the document commits to. */
export function checkDetail(detail: PackageDetailJson, document: CommitmentDocument): void {
  const shards = document.pieces.flatMap((piece, number) => piece.shards.map((shard, i) => ({ ...shard, number, i })));
  expectEqual(
    [
      ["pieceList.length", detail.pieceList.length, document.pieces.length],
      ...detail.pieceList.flatMap((piece, i): Expectation[] => [
        [`pieceList[${i}].number`, piece.number, i],
        [`pieceList[${i}].length`, piece.length, document.pieces[i]?.length],
        [`pieceList[${i}].commP`, piece.commP, document.pieces[i]?.commP],
      ]),
      ["slots.length", detail.slots.length, shards.length],
      ...detail.slots.flatMap((slot, i): Expectation[] => [
        [`slots[${i}].piece`, slot.piece, shards[i]?.number],
        [`slots[${i}].shard`, slot.shard, shards[i]?.i],
        [`slots[${i}].commitment`, slot.commitment, shards[i]?.commitment],
        [`slots[${i}].rawLength`, slot.rawLength, shards[i]?.rawLength],
      ]),
    ],
    UNTOUCHED,
  );
}

/**
 * A finished check is of this package, names shards of the asked pieces alone, each once, and is sound only when each of them is, read whole.
 * @throws CairnError `gateway-lies`
 */
export function checkFindings(
  result: CheckResultJson,
  asked: { id: string; full: boolean; pieces: readonly number[] | undefined },
  document: CommitmentDocument,
): void {
  const wanted = document.pieces.flatMap(({ shards }, piece) =>
    asked.pieces === undefined || asked.pieces.includes(piece)
      ? shards.map(({ rawLength }, shard) => ({ piece, shard, rawLength }))
      : [],
  );
  const named = new Map(result.shards.map((one) => [`${one.piece} ${one.shard}`, one]));
  const known = new Set(wanted.map(({ piece, shard }) => `${piece} ${shard}`));
  const stranger = [...named.keys()].find((key) => !known.has(key));
  expectEqual(
    [
      ["check.package", result.package, asked.id],
      ["check.kind", result.kind, asked.full ? "full" : "scrub"],
      ["check.shards", stranger ?? "none but those asked for", "none but those asked for"],
      ["check.shards.length", result.shards.length, named.size],
    ],
    UNTOUCHED,
  );
  if (!result.ok) return;
  if (named.size === 0) throw lie("check.ok", true, "a check of nothing", UNTOUCHED);
  expectEqual(
    wanted.flatMap(({ piece, shard, rawLength }): Expectation[] => {
      const one = named.get(`${piece} ${shard}`);
      const of = `of shard ${shard} of piece ${piece}`;
      return one === undefined
        ? []
        : [
            [`check.result ${of}`, one.result, "sound"],
            [`check.checkedBytes ${of}`, one.checkedBytes, rawLength],
          ];
    }),
    UNTOUCHED,
  );
}

/** Shards of the asked pieces that a check did not name: nobody holds them under an active deal. */
export function uncheckedShards(
  result: CheckResultJson,
  pieces: readonly number[] | undefined,
  document: CommitmentDocument,
): { piece: number; shard: number }[] {
  const named = new Set(result.shards.map((one) => `${one.piece} ${one.shard}`));
  return document.pieces.flatMap(({ shards }, piece) =>
    pieces === undefined || pieces.includes(piece)
      ? shards.flatMap((_, shard) => (named.has(`${piece} ${shard}`) ? [] : [{ piece, shard }]))
      : [],
  );
}

/** The encrypted manifest is the one that travels with the shards, and what is in it is this package. */
export function checkManifest(encrypted: Uint8Array, manifest: Manifest, document: CommitmentDocument): void {
  expectEqual(
    [
      ["manifest.sha256", sha256Hex(encrypted), document.manifest.sha256],
      ["manifest.size", encrypted.length, document.manifest.size],
      ["manifest.package", manifest.package, document.package],
      ["manifest.root", manifest.root.toString(), document.root],
      ["manifest.pieces", manifest.pieces.join(), document.pieces.map(({ length }) => length).join()],
    ],
    UNTOUCHED,
  );
}

/** On chain this document is the owner's. One that is not there yet was never agreed, whatever its state is said to be. */
export async function checkOwnership(
  chain: Pick<Ledger, "package">,
  found: PackageJson,
  document: CommitmentDocument,
): Promise<void> {
  const record = await chain.package({ owner: document.owner, documentHash: found.documentHash as Hex });
  if (record === undefined) {
    if (!["STORED", "DEGRADED", "LOST", "ENDING", "EXPIRED", "REMOVED"].includes(found.state)) return;
    throw lie("state", found.state, "not on chain", UNTOUCHED);
  }
  expectEqual(
    [
      ["owner", document.owner, record.owner.toLowerCase()],
      ["k on chain", document.k, record.k],
      ["n on chain", document.n, record.n],
      ["shardsRoot on chain", shardsRoot(document), record.shardsRoot],
    ],
    UNTOUCHED,
  );
}
