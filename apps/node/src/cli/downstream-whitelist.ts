import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { addToWhitelist, importWhitelist, openBeats } from "@cairn/doors/downstream";
import { machineRandom } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { downstreamDirectory } from "../downstream/settings-file.ts";
import { withDownstreamDatabase } from "../downstream/with-database.ts";
import { homeAt } from "../home/home.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";

const now = () => Date.now() / 1000;

/** Replace the whitelist by a CSV file, or add one address. What has a dot or a slash in it is a file. */
export async function whitelist(target: string, options: CommonOptions): Promise<void> {
  const home = homeAt(options.home);
  const output = createOutput(options);
  if (!/[./\\]/.test(target)) {
    await withDownstreamDatabase(home, ({ pool, settings }) => addToWhitelist({ pool, settings, now }, target));
    output.result({ added: target });
    output.say(`${target} may farm.`);
    return;
  }
  const path = resolve(target);
  await requireReadable(path);
  const change = await withDownstreamDatabase(home, async ({ pool, settings }) =>
    importWhitelist(
      { pool, settings, beats: await openBeats(downstreamDirectory(home), machineRandom), now },
      createReadStream(path),
    ),
  );
  output.result(change);
  for (const { line, reason } of change.skipped) output.say(`line ${line} was passed over: ${reason}`);
  const unnamed = change.skippedRows - change.skipped.length;
  if (unnamed > 0) output.say(`and ${unnamed} more lines`);
  output.say(
    `${change.addresses} addresses may farm; ${change.removedAddresses} were taken off the list, and ${change.removedFarmers} farmers ended.`,
  );
}

/** Before a database is started for it. */
async function requireReadable(path: string): Promise<void> {
  try {
    const file = await open(path);
    const isFile = (await file.stat()).isFile();
    await file.close();
    if (!isFile) throw new Error("it is no file");
  } catch (cause) {
    throw new CairnError(`cannot read ${path}: ${(cause as Error).message}`, {
      code: "unreadable-path",
      kind: "input",
      next: "Name a CSV file, or give an address.",
      cause,
    });
  }
}
