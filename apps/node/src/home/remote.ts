import { rm } from "node:fs/promises";
import { type Home, readChecked, writeWhole } from "./home.ts";

/** A gateway elsewhere, as `cairn login` leaves it in a home. */
export interface Remote {
  /** `https://host[:port]` */
  url: string;
  /** Bearer token of the user's account there. */
  token: string;
  /** Id of the token where `cairn login` had it made: `cairn logout` revokes it. */
  tokenId?: string;
  /** A chain node that the user trusts; without one nothing is held against the chain. */
  chainUrl?: string;
  /** PEM: vouches for the gateway's certificate, beside those that the system trusts. */
  ca?: string;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function isRemote(value: unknown): value is Remote {
  const { url, token, tokenId, chainUrl, ca } = (value ?? {}) as Partial<Remote>;
  const optional = [tokenId, chainUrl, ca].every((one) => one === undefined || isText(one));
  return isText(url) && URL.canParse(url) && isText(token) && optional;
}

/** The gateway elsewhere that a home uses, if it does. @throws CairnError `home-corrupt`, `home-unreadable` */
export const readRemote = (home: Home): Promise<Remote | undefined> => readChecked(home.remoteFile, isRemote);

export const writeRemote = (home: Home, remote: Remote): Promise<void> =>
  writeWhole(home.remoteFile, `${JSON.stringify(remote, null, 2)}\n`);

export const removeRemote = (home: Home): Promise<void> => rm(home.remoteFile, { force: true });
