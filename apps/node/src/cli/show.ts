import type { Manifest } from "@cairn/archive";
import { displayNames } from "@cairn/archive/names";
import type { TypeCounts } from "@cairn/archive/type-counts";
import type { AskJson, PackageDetailJson } from "@cairn/client";
import { describePlacement, type PlacementJson, perGibMonth, placementFromJson } from "@cairn/core";
import { checkHolders } from "@cairn/owner/check-chain";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { fetchManifest } from "@cairn/owner/fetch-manifest";
import { findPackage, parseTarget } from "@cairn/owner/find-package";
import { mainName, nameOf } from "@cairn/owner/package-name";
import { typesOfPackage } from "@cairn/owner/types-of";
import type { Hex } from "@cairn/protocol";
import { custodyLines } from "./deals.ts";
import { counted, formatBytes, formatCoins, heldCoins, minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type Priced, priceWords } from "./price-words.ts";
import { safetyLines } from "./safety-lines.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface ShowOptions extends CommonOptions {
  /** Also list the files. */
  files?: boolean;
  /** Also list who was asked for quotes. */
  asks?: boolean;
  /** Also how likely it can be read. */
  safety?: boolean;
  /** Also what the periods of its deals came to. */
  custody?: boolean;
}

const MAX_ROWS = 64;
const MAX_TYPES = 5;

/** Everything about one package: where each shard is, in which state, why, and what it costs. */
export async function show(target: string, options: ShowOptions): Promise<void> {
  const session = await openSession(options);
  const owner = await requireOwner(session.home);
  const { name: asked, path } = parseTarget(target);
  const ports = ownerPorts(session, owner);
  const found = await findPackage(ports, asked);
  const detail = await session.client.package(found.id);
  const network = await ports.network();
  const deployment = deploymentOf(network);
  const { checkDetail, checkIdentity, checkSame } = await import("@cairn/owner/identify");
  checkIdentity(owner, detail, { id: found.id }, await ports.known.recall(found.id));
  const { document, documentHash } = found;
  if (document !== undefined && documentHash !== null) {
    checkSame(detail, found);
    checkDetail(detail, document);
    await ports.readChain(deployment, (chain) => checkHolders(chain, detail, documentHash as Hex));
  }
  const manifest =
    document !== undefined && (options.files || path !== "")
      ? await fetchManifest(ports, { id: found.id, document })
      : undefined;
  const files = manifest === undefined ? undefined : await entriesUnder(manifest, path);
  const asks = options.asks ? await session.client.asks(found.id) : undefined;
  const custody = options.custody ? await session.client.custody(found.id) : undefined;
  const safety = options.safety ? await session.client.net.safety(found.id) : undefined;
  const called = nameOf(owner, detail);
  const name = mainName(called, detail.id);
  const types = typesOfPackage(owner, detail);
  session.output.result({
    ...detail,
    name,
    ...(types === undefined ? {} : { types }),
    ...(files === undefined ? {} : { entries: files }),
    ...(asks === undefined ? {} : { asks }),
    ...(custody === undefined ? {} : { custody }),
    ...(safety === undefined ? {} : { safety }),
  });
  session.output.say(
    describe(
      name === called ? name : `${name} (called ${called} while another has the name)`,
      detail,
      deployment.periodSeconds,
      types,
    ),
  );
  if (asks !== undefined) session.output.say(["", ...askLines(asks)]);
  if (safety !== undefined) session.output.say(["", ...safetyLines(safety)]);
  if (custody !== undefined) session.output.say(["", ...custodyLines(custody, network)]);
  if (files === undefined) return;
  session.output.say("");
  session.output.say(
    table(
      ["path", "kind", "size", "mode", "modified"],
      files.map((entry) => [
        entry.path,
        entry.kind,
        entry.kind === "file" ? formatBytes(entry.size) : "",
        entry.mode,
        entry.modified,
      ]),
    ),
  );
}

function askLines(asks: readonly AskJson[]): string[] {
  if (asks.length === 0) return ["Nobody was asked yet, or it was so long ago that it is forgotten."];
  const rows = asks.map(({ at, piece, shard, provider, region, price, verdict, reason }) => [
    minuteWords(at),
    piece === null ? "" : `${piece}/${shard}`,
    provider,
    region,
    formatCoins(perGibMonth(BigInt(price))),
    verdict,
    reason ?? "",
  ]);
  return table(["asked", "shard", "provider", "region", "per GiB and month", "verdict", "why"], rows);
}

const priced = ({ bytes, k, n, slots, pricePerPeriod }: PackageDetailJson): Priced => ({
  bytes,
  k,
  n,
  shards: slots.filter(({ deal }) => deal !== null).map(({ rawLength }) => rawLength),
  pricePerPeriod: BigInt(pricePerPeriod),
});

/** As ISO 8601 has it, or as seconds since 1970 when it is further away than a `Date` can be (ECMA-262, 21.4.1.1). */
export function timeWords(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

/** What lies at a path of a package and below it. Throws `path-not-found`. */
export async function entriesUnder(manifest: Manifest, text: string) {
  const { findEntry, pathOfText, pathsOf } = await import("@cairn/archive");
  const path = pathOfText(manifest, text);
  if (manifest.layout !== "car") findEntry(manifest, path);
  const paths = pathsOf(manifest.entries);
  const under = manifest.entries.flatMap((entry, index) => {
    const at = paths[index] ?? "";
    return at !== "" && (path === "" || at === path || at.startsWith(`${path}/`)) ? [{ entry, at }] : [];
  });
  const shown = displayNames(under.map(({ at }) => at));
  return under.map(({ entry }, index) => {
    return {
      path: shown[index] ?? "",
      kind: entry.kind,
      size: entry.kind === "file" ? entry.size : 0,
      mode: entry.mode.toString(8).padStart(4, "0"),
      modified: timeWords(entry.seconds),
    };
  });
}

/** The types with most bytes, in a line. */
function typeLines(types: TypeCounts | undefined): string[] {
  const all = Object.entries(types ?? {});
  if (all.length === 0) return [];
  const shown = all.slice(0, MAX_TYPES).map(([type, { files, bytes }]) => `${type} ${files} (${formatBytes(bytes)})`);
  const more = all.length > MAX_TYPES ? [`${all.length - MAX_TYPES} more`] : [];
  return [`types     ${[...shown, ...more].join(", ")}`];
}

function describe(
  name: string,
  detail: PackageDetailJson,
  periodSeconds: number,
  types: TypeCounts | undefined,
): string[] {
  const lines = [
    `${name}  ${detail.id}`,
    `state     ${detail.state}${detail.cause === null ? "" : `: ${detail.cause}`}`,
    ...(detail.next === null ? [] : [`next      ${detail.next}`]),
    `strength  ${detail.strength.live} of ${detail.strength.full} shards of the weakest piece; any ${detail.strength.needed} restore it`,
    `size      ${counted(detail.files, "file")}, ${formatBytes(detail.bytes)}, ${counted(detail.pieces, "piece")}; layout ${detail.layout}`,
    ...typeLines(types),
    `root      ${detail.root ?? "—"}`,
    ...describePlacement(placementFromJson(detail.placement as PlacementJson)).map((line) => `providers ${line}`),
    `stored    ${minuteWords(detail.storedAt)}`,
    `price     ${priceWords(priced(detail), periodSeconds)}`,
    `money     ${heldCoins(BigInt(detail.escrow))} in escrow, ${formatCoins(BigInt(detail.paid))} paid, ${heldCoins(BigInt(detail.reserve))} reserved for repairs`,
    ...detail.pieceList
      .slice(0, MAX_ROWS)
      .map(
        (piece) =>
          `piece ${piece.number}   ${formatBytes(piece.length)}  ${piece.pieceCid ?? "commitment not computed yet"}`,
      ),
    "",
    ...table(
      ["piece", "shard", "state", "provider", "size", "deal", "why"],
      detail.slots
        .slice(0, MAX_ROWS)
        .map((slot) => [
          String(slot.piece),
          String(slot.shard),
          slot.state,
          slot.provider ?? "—",
          formatBytes(slot.rawLength),
          slot.deal?.slice(0, 12) ?? "—",
          slot.cause ?? "",
        ]),
    ),
  ];
  if (detail.slots.length > MAX_ROWS)
    lines.push(`… and ${detail.slots.length - MAX_ROWS} more shards (--json lists all)`);
  return lines;
}
