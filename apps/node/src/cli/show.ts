import { displayName, type Manifest, pathsOf } from "@cairn/archive";
import type { PackageDetailJson } from "@cairn/client";
import { loadAccount } from "../account/account.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { formatBytes, formatCoins } from "./format.ts";
import { nameOf } from "./ls.ts";
import { fetchManifest } from "./open-manifest.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

export interface ShowOptions extends CommonOptions {
  /** Also list the files. */
  files?: boolean;
}

const MAX_ROWS = 64;

/** Everything about one package: where each shard is, in which state, why, and what it costs. */
export async function show(target: string, options: ShowOptions): Promise<void> {
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const { name, path } = parseTarget(target);
  const found = await findPackage(session.client, account, name);
  const detail = await session.client.package(found.id);
  const manifest = options.files || path !== "" ? await fetchManifest(session.client, account, found.id) : undefined;
  const files = manifest === undefined ? undefined : entriesUnder(manifest, path);
  session.output.result({
    ...detail,
    name: nameOf(await loadAccount(session.home), detail),
    ...(files === undefined ? {} : { entries: files }),
  });
  session.output.say(describe(nameOf(account, detail), detail));
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

function entriesUnder(manifest: Manifest, path: string) {
  const paths = pathsOf(manifest.entries);
  return manifest.entries.flatMap((entry, index) => {
    const at = paths[index] ?? "";
    if (at === "" || !(path === "" || at === path || at.startsWith(`${path}/`))) return [];
    return {
      path: displayName(at),
      kind: entry.kind,
      size: entry.kind === "file" ? entry.size : 0,
      mode: entry.mode.toString(8).padStart(4, "0"),
      modified: new Date(entry.seconds * 1000).toISOString(),
    };
  });
}

function describe(name: string, detail: PackageDetailJson): string {
  const lines = [
    `${name}  ${detail.id}`,
    `state     ${detail.state}${detail.cause === null ? "" : `: ${detail.cause}`}`,
    ...(detail.next === null ? [] : [`next      ${detail.next}`]),
    `strength  ${detail.strength.live} of ${detail.strength.full} shards of the weakest piece; any ${detail.strength.needed} restore it`,
    `size      ${detail.files} files, ${formatBytes(detail.bytes)}, ${detail.pieces} pieces; layout ${detail.layout}`,
    `root      ${detail.root ?? "—"}`,
    `money     ${formatCoins(BigInt(detail.escrow))} in escrow, ${formatCoins(BigInt(detail.paid))} paid, ${formatCoins(BigInt(detail.reserve))} reserved for repairs`,
    ...detail.pieceList
      .slice(0, MAX_ROWS)
      .map(
        (piece) =>
          `piece ${piece.number}   ${formatBytes(piece.length)}  ${piece.pieceCid ?? "commitment not computed yet"}`,
      ),
    "",
    table(
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
  return lines.join("\n");
}
