import { setTimeout as sleep } from "node:timers/promises";
import { displayName } from "@cairn/archive/names";
import type { CheckResultJson } from "@cairn/client";
import type { CommitmentDocument, Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { lie } from "../owner/gateway-lies.ts";
import { readCapability } from "./capability.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { counted, formatBytes } from "./format.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { lazily } from "./lazily.ts";
import { nothingIn } from "./nothing-in.ts";
import { fetchManifest } from "./open-manifest.ts";
import { table } from "./output.ts";
import { withProgress } from "./progress.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireOwner, withKey } from "./session.ts";

export interface CheckOptions extends CommonOptions {
  full?: boolean;
}

const POLL_MILLISECONDS = 250;

/** A fixity check now: every holder re-reads its shard and proves 300 leaves; --full streams every shard and recomputes CommP. */
export async function check(target: string, options: CheckOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const owner = await requireOwner(session.home);
  const { name, path } = parseTarget(target);
  const found = await findPackage(session, owner, name);
  const { document } = found;
  if (document === undefined) throw nothingIn(name, found, "check");
  const network = await pinnedNetwork(session);
  const pieces = path === "" ? undefined : await piecesUnder(document, path);
  const full = options.full ?? false;
  const started = await client.check(found.id, {
    full,
    ...(pieces === undefined ? {} : { pieces }),
    ...(full ? { readCapability: await readCapability(owner, network, found.documentHash as Hex) } : {}),
  });
  const total = (await client.package(found.id)).slots.filter(
    (s) => s.deal !== null && (pieces?.includes(s.piece) ?? true),
  ).length;
  const result = await interruptible((signal) =>
    withProgress(output, "Shards checked", "items", async (progress) => {
      let result: CheckResultJson = started;
      while (result.state === "running") {
        await untilInterrupted(signal, sleep(POLL_MILLISECONDS));
        result = await untilInterrupted(signal, client.checkResult(started.id));
        progress.update(result.shards.length, total);
      }
      return result;
    }),
  );
  const { checkFindings, uncheckedShards } = await import("../owner/identify.ts");
  checkFindings(result, { id: found.id, full, pieces }, document);
  output.result(result);
  output.say(
    table(
      ["piece", "shard", "provider", "result", "read", "detail"],
      result.shards.map((shard) => [
        String(shard.piece),
        String(shard.shard),
        shard.provider,
        shard.result,
        formatBytes(shard.checkedBytes),
        shard.detail,
      ]),
    ),
  );
  const unchecked = uncheckedShards(result, pieces, document);
  if (unchecked.length > 0) {
    const named = unchecked.slice(0, 8).map(({ piece, shard }) => `shard ${shard} of piece ${piece}`);
    output.say(
      `Not checked, as nobody holds them under an active deal: ${named.join(", ")}${unchecked.length > 8 ? ` and ${unchecked.length - 8} more` : ""}`,
    );
  }
  if (result.ok) {
    output.say(`Sound: ${counted(result.shards.length, "shard")}.`);
    return;
  }
  throw faultOf(result.shards);

  /** Undefined, for the whole package, where the tree of what was asked for cannot be read. */
  async function piecesUnder(document: CommitmentDocument, text: string): Promise<number[] | undefined> {
    const { pathOfText, readFrames } = await import("@cairn/archive");
    const { piecesOf } = await import("../owner/pieces-of.ts");
    const manifest = await fetchManifest(client, await withKey(owner), { id: found.id, document });
    const capability = await readCapability(owner, network, found.documentHash as Hex);
    const path = pathOfText(manifest, text);
    let pieces: number[] | undefined;
    try {
      pieces = await piecesOf({
        manifest,
        path,
        getBlocks: (cids) => readFrames(lazily(() => client.blocks(found.id, cids.map(String), capability))),
        locate: async (cids) => (await client.findBlocks(found.id, cids)).pieces,
      });
    } catch (error) {
      const reason = error instanceof CairnError ? error.message : String(error);
      output.say(`Where ${displayName(path)} lies cannot be read (${reason}): the whole package is checked.`);
      return undefined;
    }
    if (pieces === undefined) {
      throw new CairnError(`there is no ${displayName(path)} in ${name}`, {
        code: "path-not-found",
        kind: "missing",
        next: `\`cairn show ${found.id} --files\` lists what is in it.`,
      });
    }
    if (pieces.length > 0 && pieces.every((piece) => document.pieces[piece] !== undefined)) return pieces;
    throw lie(`the pieces of ${displayName(path)}`, pieces.join(), "some of the package's", "Nothing was checked.");
  }
}

type Shard = Pick<CheckResultJson["shards"][number], "piece" | "shard" | "provider" | "result" | "detail">;

/** Codes by which a provider says that it does not answer who asks, and nothing of what it holds. */
const UNANSWERED = new Set(["not-my-gateway", "not-executor", "bad-capability", "bad-ticket", "busy"]);

const codeOf = ({ result, detail }: Shard) => (result === "refused" ? (/^[a-z-]+(?=: )/.exec(detail)?.[0] ?? "") : "");

/** What a check that is not sound found: damage, or only that it could not look. */
export function faultOf(shards: readonly Shard[]): CairnError {
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
    { code: "not-sound", kind: "corrupt", next: nextOf(bad) },
  );
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
