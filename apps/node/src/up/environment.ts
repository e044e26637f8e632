import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { readS3Settings, type S3Settings } from "@cairn/blobs/s3-settings";
import type { DoorPort } from "@cairn/doors";
import { clientAddress } from "@cairn/process/entrances";
import { logLevel } from "@cairn/process/log-level";
import { CairnError } from "@cairn/protocol/errors";
import type { GatewayConfig } from "../gateway/gateway-config.ts";
import { privateWebhooks, smtpSettings } from "./notice-settings.ts";

const badSetting = (message: string, next: string, cause?: unknown): CairnError =>
  new CairnError(message, { code: "bad-settings", kind: "input", next, cause });

/** Whatever of the environment would be refused later, before anything is started. @throws CairnError `bad-settings` */
export function checkEnvironment(environment: NodeJS.ProcessEnv = process.env): void {
  logLevel(environment);
  archive(environment);
  blobsSetting(environment);
  sharedDirectory(environment);
  publicUrl(environment);
  chainFinality(environment);
  pieceLimit(environment);
  trustedProxies(environment);
  smtpSettings(environment);
  privateWebhooks(environment);
}

/**
 * The chain that `--chain` names, else CAIRN_CHAIN_URL; undefined where neither does.
 * @throws CairnError `bad-settings`
 */
export function chainUrlOf(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const text = option ?? environment.CAIRN_CHAIN_URL?.trim();
  if (!text) return undefined;
  if (URL.canParse(text) && ["http:", "https:", "ws:", "wss:"].includes(new URL(text).protocol)) return text;
  const name = option === undefined ? "CAIRN_CHAIN_URL" : "--chain";
  throw badSetting(
    `${name} is "${text}", which is no address of a chain`,
    "Set it to an http, https, ws or wss URL, or leave it out.",
  );
}

/** Address on which the gateway listens: CAIRN_HOST, else this machine alone. */
export function gatewayHost(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.CAIRN_HOST?.trim() || "127.0.0.1";
}

/** Names under which the gateway is reached: those that it was told, and the one that it listens at. Its addresses need no name. */
export function gatewayNames(environment: NodeJS.ProcessEnv = process.env): string[] {
  const host = environment.CAIRN_HOST?.trim() ?? "";
  const told = listOf(environment.CAIRN_ALLOWED_HOSTS);
  return host === "" || isIP(host) !== 0 ? told : [...told, host];
}

/** CAIRN_TRUSTED_PROXIES. @throws CairnError `bad-settings` */
export function trustedProxies(environment: NodeJS.ProcessEnv = process.env): string[] {
  const told = listOf(environment.CAIRN_TRUSTED_PROXIES);
  try {
    clientAddress(told);
  } catch (cause) {
    throw badSetting(
      `CAIRN_TRUSTED_PROXIES is "${told.join(", ")}": ${(cause as Error).message}`,
      "Set it to addresses, ranges such as 10.0.0.0/8, or `loopback`, with commas between them, or unset it.",
      cause,
    );
  }
  return told;
}

/** The entries of a comma-separated setting. */
function listOf(text = ""): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** A port that the environment names, undefined where it names none. @throws CairnError `bad-settings` */
export function portOf(name: string, environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw badSetting(`${name} is "${text}", which is no port`, "Set it to a number from 0 to 65535, or unset it.");
}

/**
 * A port that clients of a door expect, where it is to be opened: the one that its setting names, else its own; none where the setting, or
 * CAIRN_DOOR_PORTS, is `off`. @throws CairnError `bad-settings`
 */
export function doorPort(
  { port, setting }: DoorPort,
  environment: NodeJS.ProcessEnv = process.env,
): DoorPort | undefined {
  if (environment.CAIRN_DOOR_PORTS === "off" || environment[setting] === "off") return undefined;
  return { port: portOf(setting, environment) ?? port, setting };
}

/** CAIRN_ARCHIVE: whether the chain is to keep everything; what is deleted does not come back when it is set later. @throws CairnError `bad-settings` */
export function archive(environment: NodeJS.ProcessEnv = process.env): boolean {
  const text = environment.CAIRN_ARCHIVE ?? "";
  if (["", "0", "1"].includes(text)) return text === "1";
  throw badSetting(`CAIRN_ARCHIVE is "${text}"`, "Set it to 1 to keep the whole history of the chain, or unset it.");
}

/** CAIRN_BLOBS and the keys for it; undefined where the blobs are files. @throws CairnError `bad-settings` */
export function blobsSetting(environment: NodeJS.ProcessEnv = process.env): S3Settings | undefined {
  const location = environment.CAIRN_BLOBS?.trim();
  return location ? readS3Settings(location, environment) : undefined;
}

/** CAIRN_SHARED: a directory that the gateways of one database share, with their spool and blobs. @throws CairnError `bad-settings` */
export function sharedDirectory(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = environment.CAIRN_SHARED?.trim();
  if (!path) return undefined;
  if (isAbsolute(path)) return path;
  throw badSetting(
    `CAIRN_SHARED is "${path}", which is no absolute path`,
    "Set it to a directory that every gateway of the database reaches under this path, or unset it.",
  );
}

/** CAIRN_PUBLIC_URL: where other machines reach the gateway. @throws CairnError `bad-settings` */
export function publicUrl(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const text = environment.CAIRN_PUBLIC_URL?.trim();
  if (!text) return undefined;
  if (URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)) return new URL(text).origin;
  throw badSetting(
    `CAIRN_PUBLIC_URL is "${text}", which is no address of a gateway`,
    "Set it to an http or https URL such as https://gateway.example, or unset it.",
  );
}

/** CAIRN_CHAIN_FINALITY: by the chain's own word, or how many blocks below its head are final. @throws CairnError `bad-settings` */
export function chainFinality(environment: NodeJS.ProcessEnv = process.env): Pick<GatewayConfig, "finality"> {
  const text = environment.CAIRN_CHAIN_FINALITY?.trim();
  if (text === undefined || text === "" || text === "tag") return {};
  if (/^\d{1,6}$/.test(text)) return { finality: { kind: "depth", blocks: Number(text) } };
  throw badSetting(`CAIRN_CHAIN_FINALITY is "${text}"`, "Set it to `tag`, or to a number of blocks such as 64.");
}

/** CAIRN_PIECE_LIMIT in bytes, where it is set. @throws CairnError `bad-settings` */
export function pieceLimit(environment: NodeJS.ProcessEnv = process.env): { pieceLimit?: number } {
  const text = environment.CAIRN_PIECE_LIMIT;
  if (!text) return {};
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes) && bytes > 0) return { pieceLimit: bytes };
  throw badSetting(
    `CAIRN_PIECE_LIMIT is "${text}", which is no number of bytes`,
    "Set it to a whole number of bytes, such as 1000000, or leave it unset.",
  );
}
