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
  if (document === undefined) throw notStored(name, found);
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
  const bad = result.shards.filter((shard) => shard.result !== "sound");
  throw new CairnError(
    `${bad.length} of ${result.shards.length} shards are not sound: ${bad.map((s) => `shard ${s.shard} of piece ${s.piece} on ${s.provider} is ${s.result}`).join("; ")}`,
    {
      code: "not-sound",
      kind: "corrupt",
      next: nextOf(bad),
    },
  );

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

/** A holder that answers is rebuilt at once; one that is silent may have been started again by the time its silence counts. */
export function nextOf(bad: Pick<CheckResultJson["shards"][number], "result">[]): string {
  const silent = bad.filter(({ result }) => result === "silent").length;
  const follow = "follow it with `cairn events --follow`.";
  if (silent === 0) return `They are being rebuilt from the others; ${follow}`;
  const those = silent === bad.length ? "They" : "Those of a silent provider";
  const others = silent === bad.length ? "" : "The others are being rebuilt. ";
  return `${others}${those} will be rebuilt unless it comes back; ${follow}`;
}

function notStored(name: string, { id, state }: { id: string; state: string }): CairnError {
  return new CairnError(`${name} is ${state}: there is nothing to check yet`, {
    code: "not-stored",
    kind: "conflict",
    next: `See \`cairn show ${id}\`.`,
  });
}
