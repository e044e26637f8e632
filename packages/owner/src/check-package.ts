import { displayName } from "@cairn/archive/names";
import type { CheckResultJson } from "@cairn/client";
import { counted } from "@cairn/core/format";
import type { CommitmentDocument, Hex } from "@cairn/protocol";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { fetchManifest } from "./fetch-manifest.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { lie } from "./gateway-lies.ts";
import { blocksOf } from "./get-blocks.ts";
import { untilInterrupted } from "./interrupted.ts";
import { nothingIn } from "./nothing-in.ts";
import type { OpenPorts } from "./open-package.ts";
import type { Gateway } from "./ports.ts";
import { readCapability } from "./read-capability.ts";
import { inStage, type StageEvent } from "./stages.ts";
import { watchPackage } from "./watch-package.ts";

export type CheckPorts = OpenPorts & {
  gateway: OpenPorts["gateway"] & Pick<Gateway, "check" | "checkResult" | "blocks" | "findBlocks" | "live">;
};

export type CheckEvent =
  | StageEvent<"checking">
  /** Where a path lies cannot be read, so the whole package is checked. */
  | { type: "tree-unreadable"; path: string; reason: string };

export interface CheckOptions {
  /** `PACKAGE[/path]` */
  target: string;
  /** Stream every shard and recompute its commitment; else every holder re-reads its shard and proves 300 leaves. */
  full?: boolean | undefined;
  signal: AbortSignal;
  onEvent?: (event: CheckEvent) => void;
}

export interface Checked {
  result: CheckResultJson;
  /** Shards that nobody holds under an active deal. */
  unchecked: { piece: number; shard: number }[];
  /** What it found; undefined when all is sound. */
  fault: CairnError | undefined;
}

/** A fixity check now, of a package or of the pieces in which a part of it lies. */
export async function checkPackage(ports: CheckPorts, options: CheckOptions): Promise<Checked> {
  const { gateway, clock } = ports;
  const { target, full = false, signal, onEvent = () => undefined } = options;
  const { name, path } = parseTarget(target);
  const found = await findPackage(ports, name);
  const { document } = found;
  if (document === undefined) throw nothingIn(name, found, "check");
  const documentHash = found.documentHash as Hex;
  const pieces =
    path === "" ? undefined : await piecesUnder(ports, { name, id: found.id, document, documentHash }, path, onEvent);
  const started = await gateway.check(found.id, {
    full,
    ...(pieces === undefined ? {} : { pieces }),
    ...(full ? { readCapability: await readCapability(ports, { documentHash, owner: document.owner }) } : {}),
  });
  const total = (await gateway.package(found.id)).slots.filter(
    (s) => s.deal !== null && (pieces?.includes(s.piece) ?? true),
  ).length;
  const result = await inStage(onEvent, "checking", async (update) => {
    let result: CheckResultJson = started;
    const watch = watchPackage({ gateway, clock }, found.id);
    try {
      while (result.state === "running") {
        await untilInterrupted(signal, watch.changed());
        result = await untilInterrupted(signal, gateway.checkResult(started.id));
        update(result.shards.length, total);
      }
    } finally {
      watch.stop();
    }
    return result;
  });
  const { checkFindings, uncheckedShards } = await import("./identify.ts");
  checkFindings(result, { id: found.id, full, pieces }, document);
  const fault = result.ok ? undefined : faultOf(result.shards, found.k);
  return { result, unchecked: uncheckedShards(result, pieces, document), fault };
}

/** A package and the pieces in which a part of it lies; all of them where the tree cannot be read, or the whole package is meant. */
export async function piecesOfTarget(
  ports: CheckPorts,
  target: string,
  onEvent: (event: CheckEvent) => void = () => undefined,
): Promise<{ id: string; pieces: number[] | undefined }> {
  const { name, path } = parseTarget(target);
  const found = await findPackage(ports, name);
  const { document, id } = found;
  if (document === undefined) throw nothingIn(name, found, "check");
  if (path === "") return { id, pieces: undefined };
  const documentHash = found.documentHash as Hex;
  return { id, pieces: await piecesUnder(ports, { name, id, document, documentHash }, path, onEvent) };
}

/** Undefined, for the whole package, where the tree of what was asked for cannot be read. */
async function piecesUnder(
  ports: CheckPorts,
  found: { name: string; id: string; document: CommitmentDocument; documentHash: Hex },
  text: string,
  onEvent: (event: CheckEvent) => void,
): Promise<number[] | undefined> {
  const { gateway } = ports;
  const { id, document, documentHash } = found;
  const [{ pathOfText }, { piecesOf }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("./pieces-of.ts"),
  ]);
  const manifest = await fetchManifest(ports, { id, document });
  const capability = await readCapability(ports, { documentHash, owner: document.owner });
  const path = pathOfText(manifest, text);
  let pieces: number[] | undefined;
  try {
    pieces = await piecesOf({
      manifest,
      path,
      getBlocks: blocksOf(gateway, { id, capability }),
      locate: async (cids) => (await gateway.findBlocks(id, cids)).pieces,
    });
  } catch (error) {
    onEvent({ type: "tree-unreadable", path: displayName(path), reason: asCairnError(error).message });
    return undefined;
  }
  if (pieces === undefined) {
    throw new CairnError(`there is no ${displayName(path)} in ${found.name}`, {
      code: "path-not-found",
      kind: "missing",
      next: `\`cairn show ${id} --files\` lists what is in it.`,
    });
  }
  if (pieces.length > 0 && pieces.every((piece) => document.pieces[piece] !== undefined)) return pieces;
  throw lie(`the pieces of ${displayName(path)}`, pieces.join(), "some of the package's", "Nothing was checked.");
}

type Shard = Pick<CheckResultJson["shards"][number], "piece" | "shard" | "provider" | "result" | "detail">;

/** Codes by which a provider says that it does not answer who asks, and nothing of what it holds. */
const UNANSWERED = new Set(["not-my-gateway", "not-executor", "bad-capability", "bad-ticket", "busy"]);

const codeOf = ({ result, detail }: Shard) => (result === "refused" ? (/^[a-z-]+(?=: )/.exec(detail)?.[0] ?? "") : "");

/** What a check that is not sound found: damage, or only that it could not look. Any `k` shards restore a piece. */
export function faultOf(shards: readonly Shard[], k: number): CairnError {
  const unchecked = shards.filter((one) => one.result === "unchecked" || UNANSWERED.has(codeOf(one)));
  const bad = shards.filter((one) => one.result !== "sound" && !unchecked.includes(one));
  const strangers = unchecked.filter((one) => codeOf(one) === "not-my-gateway").length;
  const ours = unchecked.filter(({ result }) => result === "unchecked").length;
  const why =
    strangers === unchecked.length
      ? "their providers do not serve this gateway"
      : ours === unchecked.length
        ? "the gateway itself failed meanwhile"
        : "their providers refused to answer";
  if (bad.length === 0) {
    return new CairnError(`${unchecked.length} of ${counted(shards.length, "shard")} were not checked: ${why}`, {
      code: "not-checked",
      kind: "unavailable",
      next:
        strangers > 0
          ? "No damage was found. Check through the gateway that stored it, or have the operators of those providers name this one too, with `cairn provider --gateway`."
          : "No damage was found. Check again later, or through the gateway that stored it.",
    });
  }
  const others = unchecked.length === 0 ? "" : `; ${unchecked.length} more were not checked: ${why}`;
  return new CairnError(
    `${bad.length} of ${counted(shards.length, "shard")} are not sound: ${bad.map((s) => `shard ${s.shard} of piece ${s.piece} on ${s.provider} is ${s.result}`).join("; ")}${others}`,
    { code: "not-sound", kind: "corrupt", next: hopelessOf(shards, bad, k) ?? nextOf(bad) },
  );
}

/** What is to be said where a piece has fewer shards that may be sound than restore it; undefined where none has. */
function hopelessOf(shards: readonly Shard[], bad: readonly Shard[], k: number): string | undefined {
  for (const [piece, all] of Map.groupBy(shards, (one) => one.piece)) {
    const left = all.filter((one) => !bad.includes(one)).length;
    if (left >= k) continue;
    return `Of piece ${piece} ${left === 0 ? "no shard is" : left === 1 ? "1 shard is" : `${left} shards are`} known to be whole, and ${k} are needed to rebuild the others: keep what copies you have. Have providers that are silent started again with what they held, or store it anew; \`cairn show\` tells the package's state.`;
  }
  return undefined;
}

/** What proved to be damaged is rebuilt at once; a provider that is silent or refuses may prove its shards again before that counts. */
export function nextOf(bad: Pick<Shard, "result">[]): string {
  const waiting = bad.filter(({ result }) => result === "silent" || result === "refused");
  const follow = "follow it with `cairn events --follow`.";
  if (waiting.length === 0) return `They are being rebuilt from the others; ${follow}`;
  const refused = waiting.some(({ result }) => result === "refused");
  const those =
    waiting.length === bad.length ? "They" : refused ? "Those that were not shown" : "Those of a silent provider";
  const others = waiting.length === bad.length ? "" : "The others are being rebuilt. ";
  return `${others}${those} will be rebuilt unless ${refused ? "they are proved again" : "it comes back"}; ${follow}`;
}
