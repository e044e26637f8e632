import { setTimeout as sleep } from "node:timers/promises";
import { fileCid, pathsOf } from "@cairn/archive";
import type { CheckResultJson } from "@cairn/client";
import { CairnError, type Hex } from "@cairn/core";
import { readCapability } from "./capability.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { formatBytes } from "./format.ts";
import { fetchManifest } from "./open-manifest.ts";
import { table } from "./output.ts";
import { startProgress } from "./progress.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

export interface CheckOptions extends CommonOptions {
  full?: boolean;
}

const POLL_MILLISECONDS = 250;

/** A fixity check now: every holder re-reads its shard and proves 300 leaves; --full streams every shard and recomputes CommP. */
export async function check(target: string, options: CheckOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const { name, path } = parseTarget(target);
  const found = await findPackage(client, account, name);
  const network = await client.network();
  const pieces = path === "" ? undefined : await piecesOf(path);
  const full = options.full ?? false;
  const started = await client.check(found.id, {
    full,
    ...(pieces === undefined ? {} : { pieces }),
    ...(full ? { readCapability: await readCapability(account, network, found.manifestHash as Hex) } : {}),
  });
  const total = (await client.package(found.id)).slots.filter(
    (s) => s.deal !== null && (pieces?.includes(s.piece) ?? true),
  ).length;
  const progress = startProgress("Shards checked", "items", output.json);
  let result: CheckResultJson = started;
  while (result.state === "running") {
    await sleep(POLL_MILLISECONDS);
    result = await client.checkResult(started.id);
    progress.update(result.shards.length, total);
  }
  progress.stop();
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
  if (result.ok) {
    output.say(`Sound: ${result.shards.length} shards.`);
    return;
  }
  const bad = result.shards.filter((shard) => shard.result !== "sound");
  throw new CairnError(
    `${bad.length} of ${result.shards.length} shards are not sound: ${bad.map((s) => `shard ${s.shard} of piece ${s.piece} on ${s.provider} is ${s.result}`).join("; ")}`,
    {
      code: "not-sound",
      kind: "corrupt",
      next: "They are being rebuilt from the others; follow it with `cairn events --follow`.",
    },
  );

  async function piecesOf(wanted: string): Promise<number[]> {
    const manifest = await fetchManifest(client, account, found.id);
    const paths = pathsOf(manifest.entries);
    const cids = manifest.entries.flatMap((entry, index) => {
      const at = paths[index] ?? "";
      const asked = at === wanted || at.startsWith(`${wanted}/`);
      return asked && entry.kind === "file" ? [fileCid(manifest, entry).toString()] : [];
    });
    if (cids.length === 0) {
      throw new CairnError(`there is no ${wanted} in ${name}`, {
        code: "path-not-found",
        kind: "missing",
        next: `\`cairn show ${name} --files\` lists what is in it.`,
      });
    }
    return (await client.findBlocks(found.id, cids)).pieces;
  }
}
