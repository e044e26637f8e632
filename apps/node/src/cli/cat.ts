import { pipeline } from "node:stream/promises";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { readCapability } from "./capability.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { interruptible } from "./interruptible.ts";
import { nothingIn } from "./nothing-in.ts";
import { fetchManifest } from "./open-manifest.ts";
import { parseRange } from "./parse-range.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireOwner, withKey } from "./session.ts";

export interface CatOptions extends CommonOptions {
  /** `FROM-TO`, half-open. */
  range?: string;
}

/** Write one file of a package to standard output; what is written is verified block by block, the whole at its end. */
export async function cat(target: string, options: CatOptions): Promise<void> {
  if (options.json) {
    throw new CairnError("cairn cat writes the file itself: it has no answer in JSON", {
      code: "bad-options",
      kind: "input",
      next: "Leave --json out; `cairn get --json` tells what it brought back.",
    });
  }
  const range = options.range === undefined ? {} : { range: parseRange(options.range) };
  const session = await openSession(options);
  const { client } = session;
  const owner = await requireOwner(session.home);
  const { name, path: text } = parseTarget(target);
  const found = await findPackage(session, owner, name);
  const { document } = found;
  if (document === undefined) throw nothingIn(name, found, "read");
  const { pathOfText, readFile, readFrames } = await import("@cairn/archive");
  const account = await withKey(owner);
  const capability = await readCapability(account, await pinnedNetwork(session), found.documentHash as Hex);
  const manifest = await fetchManifest(client, account, { id: found.id, document });
  const path = pathOfText(manifest, text);
  await interruptible(async (signal) => {
    const getBlocks = (cids: { toString(): string }[]) => blocks(cids.map(String));
    async function* blocks(cids: string[]): AsyncGenerator<Uint8Array> {
      yield* readFrames(await client.blocks(found.id, cids, capability, signal));
    }
    try {
      await pipeline(readFile({ manifest, key: account.key, path, getBlocks, ...range }), process.stdout, {
        end: false,
        signal,
      });
    } catch (error) {
      // A reader that has seen enough, as `head` does, ends the command quietly.
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    }
  });
}
