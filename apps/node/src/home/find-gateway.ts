import { readFile } from "node:fs/promises";
import { CairnError } from "@cairn/protocol/errors";
import type { Home } from "./home.ts";
import { readRemote } from "./remote.ts";
import { findRunning, type RunFile } from "./run-file.ts";
import { trustAlso } from "./trust-also.ts";

/** The gateway that a home's commands use: the one that runs in it, or one elsewhere. */
export interface FoundGateway {
  url: string;
  /** A chain node that the home knows by itself, if it does. */
  chainUrl: string | undefined;
  /** The process that keeps it running; undefined where it runs elsewhere. */
  pid: number | undefined;
  /** The processes beside it, where it runs here. */
  children: RunFile["children"];
}

/** @throws CairnError `not-running`, `network-starting`, and what `readRemote` throws */
export async function findGateway(home: Home): Promise<FoundGateway> {
  const remote = await readRemote(home);
  trustAlso(remote?.ca);
  if (remote !== undefined) return { url: remote.url, chainUrl: remote.chainUrl, pid: undefined, children: [] };
  return findRunning(home);
}

/** Bearer token for the home's gateway. @throws CairnError `home-unreadable` */
export async function gatewayToken(home: Home): Promise<string> {
  const remote = await readRemote(home);
  if (remote !== undefined) return remote.token;
  try {
    return (await readFile(home.tokenFile, "utf8")).trim();
  } catch (cause) {
    throw new CairnError(`cannot read the API token in ${home.tokenFile}`, {
      code: "home-unreadable",
      kind: "auth",
      cause,
      next: "Run as the user who started the network.",
    });
  }
}
