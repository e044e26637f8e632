import { rm } from "node:fs/promises";
import { CairnError } from "@cairn/protocol/errors";
import { startCommand } from "../cli/as-called.ts";
import { type Home, readIfWhole, writeWhole } from "./home.ts";

/** What a running network says of itself in its home. */
export interface RunFile {
  url: string;
  pid: number;
  profile: string;
  chainUrl: string;
  startedAt: number;
  children: {
    name: string;
    pid: number;
    /** Where it listens. */
    url?: string;
    /** Address of a local provider. */
    provider?: string;
  }[];
}

function isRunFile(value: unknown): value is RunFile {
  const { url, pid, chainUrl, children } = (value ?? {}) as Partial<RunFile>;
  return (
    typeof url === "string" &&
    URL.canParse(url) &&
    typeof chainUrl === "string" &&
    Number.isInteger(pid) &&
    Array.isArray(children)
  );
}

export const writeRunFile = (home: Home, run: RunFile): Promise<void> =>
  writeWhole(home.runFile, `${JSON.stringify(run, null, 2)}\n`);

export const removeRunFile = (home: Home): Promise<void> => rm(home.runFile, { force: true });

/** The running network of a home; throws `not-running`, or `network-starting` while one starts (or stops). */
export async function findRunning(home: Home): Promise<RunFile> {
  const run = await readIfWhole(home.runFile, isRunFile);
  const { homeHolder, stillHolds } = await import("./home-holder.ts");
  if (run !== undefined && stillHolds(home.directory, run.pid)) return run;
  const holder = homeHolder(home.directory);
  if (holder?.runs === "network") {
    throw new CairnError(`the network in ${home.directory} is starting, or ending (process ${holder.pid})`, {
      code: "network-starting",
      kind: "unavailable",
      next: `It says \`ready\` when it serves; until then ${home.logs} has what its parts do.`,
      details: { pid: holder.pid },
    });
  }
  throw new CairnError(`no network is running in ${home.directory}`, {
    code: "not-running",
    kind: "unavailable",
    next: `Start one with ${startCommand()}, name its home with --home or CAIRN_HOME, or use a gateway elsewhere with \`cairn login URL\`.`,
  });
}
