import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CairnError } from "@cairn/protocol";
import { type Home, readIfWhole, writeWhole } from "../home/home.ts";
import { stillHolds } from "../home/home-holder.ts";

/** What a standalone verification node says of itself, in HOME/downstream/run.json while it serves. */
export interface DownstreamRunFile {
  url: string;
  pid: number;
  startedAt: number;
}

/** Of both kinds of run file. */
function isRunFile(value: unknown): value is DownstreamRunFile {
  const { url, pid } = (value ?? {}) as Partial<DownstreamRunFile>;
  return typeof url === "string" && URL.canParse(url) && Number.isInteger(pid);
}

const runFile = (home: Home): string => join(home.directory, "downstream", "run.json");

export const writeDownstreamRunFile = (home: Home, run: DownstreamRunFile): Promise<void> =>
  writeWhole(runFile(home), `${JSON.stringify(run, null, 2)}\n`);

export const removeDownstreamRunFile = (home: Home): Promise<void> => rm(runFile(home), { force: true });

/** The standalone node that runs in this home; undefined when there is none, or it was killed. */
export async function runningAlone(home: Home): Promise<DownstreamRunFile | undefined> {
  return running(home, runFile(home));
}

async function running(home: Home, file: string): Promise<DownstreamRunFile | undefined> {
  const run = await readIfWhole(file, isRunFile);
  return run !== undefined && stillHolds(home.directory, run.pid) ? run : undefined;
}

/** The node that serves from this home, alone or within a network; throws `not-running`. */
export async function findDownstream(home: Home): Promise<{ url: string }> {
  const run = (await runningAlone(home)) ?? (await running(home, home.runFile));
  if (run !== undefined) return { url: run.url };
  throw new CairnError(`no downstream node is running in ${home.directory}`, {
    code: "not-running",
    kind: "unavailable",
    next: "Name a node's address, or start one with `cairn up` or `cairn downstream serve`.",
  });
}
