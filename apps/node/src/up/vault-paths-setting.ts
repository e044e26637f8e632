import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { GatewayConfig } from "../gateway/gateway-config.ts";
import { sharedDirectory } from "./environment.ts";

/**
 * Folders of this machine that users with an open vault may have stored: --vault-path, each one, else CAIRN_VAULT_PATHS with colons between them. None of
 * either: nobody may. Whether they are there is not looked at, as they may be mounted later, and may not answer; whoever reads them looks where they really are
 * (packages/gateway, kept-places.ts).
 * @throws CairnError `bad-settings`, also for a folder with the network's own keys and data in it
 */
export function vaultPathsSetting(
  options: readonly string[] | undefined,
  home: string,
  environment: NodeJS.ProcessEnv = process.env,
): Pick<GatewayConfig, "vaultPaths"> {
  const told = environment.CAIRN_VAULT_PATHS?.split(":").filter((one) => one !== "") ?? [];
  const named = options ?? told;
  if (named.length === 0) return {};
  if (process.platform !== "linux") {
    throw bad("folders of the gateway's machine can be stored on Linux alone", "Leave --vault-path out.");
  }
  const kept = keptFolders(home, environment).flatMap((one) => [one, realOf(one)]);
  const paths = named.map((one) => {
    if (options === undefined && !isAbsolute(one))
      throw bad(`CAIRN_VAULT_PATHS has "${one}", which is no absolute path`, "Give each from the root on.");
    const path = resolve(one);
    const own = kept.find((other) => isIn(path, other) || isIn(other, path));
    if (own === undefined) return path;
    throw bad(`${path} has ${own} in it, or lies in it: the network's own keys and data`, "Name a folder beside it.");
  });
  return { vaultPaths: [...new Set(paths)] };
}

/** Folders with the network's own keys and data, absolute. @throws CairnError `bad-settings` */
export function keptFolders(home: string, environment: NodeJS.ProcessEnv = process.env): string[] {
  return [home, sharedDirectory(environment)].flatMap((one) => (one === undefined ? [] : [resolve(one)]));
}

/** Where a path really is, as far as it is there. */
function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path === "/" ? path : join(realOf(dirname(path)), basename(path));
  }
}

/** Whether `path` is `folder` or lies in it, by their texts. */
function isIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || !(way === ".." || way.startsWith("../"));
}

const bad = (message: string, next: string) => new CairnError(message, { code: "bad-settings", kind: "input", next });
