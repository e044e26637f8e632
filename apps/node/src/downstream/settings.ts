import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { DEFAULT_SETTINGS, type DownstreamSettings } from "@cairn/doors/downstream";
import { CairnError } from "@cairn/protocol";
import { type Home, readJson, writeWhole } from "../home/home.ts";

/** What may stand in HOME/downstream/settings.json: docs/doors/downstream.md explains each. Everything may be left out. */
export type DownstreamFile = Partial<DownstreamSettings> & {
  /** Where `cairn downstream serve` listens; a network's gateway has its own address. */
  host?: string;
  port?: number;
};

interface Rule {
  allowed: string;
  holds(value: unknown): boolean;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

const whole = (least: number, most: number): Rule => ({
  allowed: most === LARGEST ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
});
const number = (least: number, most: number): Rule => ({
  allowed: `a number from ${least} to ${most}`,
  holds: (value) => typeof value === "number" && value >= least && value <= most,
});
const oneOf = (...words: string[]): Rule => ({
  allowed: words.join(" or "),
  holds: (value) => words.includes(value as string),
});
const orNull = (rule: Rule, meaning: string): Rule => ({
  allowed: `${rule.allowed}, or null: ${meaning}`,
  holds: (value) => value === null || rule.holds(value),
});
const text: Rule = { allowed: "a text", holds: (value) => typeof value === "string" && value !== "" };
const boolean: Rule = { allowed: "true or false", holds: (value) => typeof value === "boolean" };

const NAMED_RANGES = ["loopback", "linklocal", "uniquelocal"];

function isNetwork(value: unknown): boolean {
  if (typeof value !== "string") return false;
  if (NAMED_RANGES.includes(value)) return true;
  const [address = "", bits, more] = value.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isPool(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { min, max, total, base, ...rest } = value as Record<string, unknown>;
  const bytes = whole(1, LARGEST);
  return (
    Object.keys(rest).length === 0 &&
    bytes.holds(min) &&
    bytes.holds(max) &&
    whole(0, LARGEST).holds(total) &&
    whole(2, 1024).holds(base) &&
    (min as number) <= (max as number)
  );
}

const RULES: Record<keyof DownstreamFile, Rule> = {
  host: text,
  port: whole(0, 65_535),
  scheme: oneOf("Merkle", "Swizzle"),
  checkFraction: number(0.000_001, 1),
  rounds: whole(1, 32_768),
  intervalSeconds: number(1, 31_536_000),
  requireSignature: boolean,
  requireNonce: boolean,
  minBalance: number(0, LARGEST),
  maxTokensPerNetwork: orNull(whole(1, LARGEST), "no limit"),
  maxChunksPerRequest: whole(0, 10_000),
  maxBytesPerAddress: whole(0, LARGEST),
  maxMessageLength: whole(1, 65_536),
  trustedProxies: {
    allowed: `a list of addresses, ranges such as 10.0.0.0/8, and ${NAMED_RANGES.join(", ")}`,
    holds: (value) => Array.isArray(value) && value.every(isNetwork),
  },
  cityDatabase: orNull(text, "the country database that comes with Cairn"),
  pool: {
    allowed: '{"min": bytes, "max": bytes, "total": bytes, "base": whole number from 2}, min not above max',
    holds: isPool,
  },
  redundancy: whole(1, 1000),
};

/**
 * Settings as they stand in a file or come from flags.
 *
 * @param where named in errors
 * @throws CairnError `bad-settings` with the key, what it was and what is allowed
 */
export function parseDownstreamFile(value: unknown, where: string): DownstreamFile {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(where, "is no object", 'It must be JSON like {"intervalSeconds": 300}.');
  }
  const keys = Object.keys(RULES);
  for (const [key, found] of Object.entries(value)) {
    const rule = Object.hasOwn(RULES, key) ? RULES[key as keyof DownstreamFile] : undefined;
    if (rule === undefined) throw wrong(where, `has the unknown key "${key}"`, `Allowed are: ${keys.join(", ")}.`, key);
    if (!rule.holds(found)) {
      const shown = (JSON.stringify(found) ?? "nothing").slice(0, 200);
      throw wrong(where, `has ${shown} for ${key}`, `Allowed is ${rule.allowed}.`, key);
    }
  }
  return value as DownstreamFile;
}

function wrong(where: string, what: string, next: string, key?: string): CairnError {
  return new CairnError(`${where} ${what}`, {
    code: "bad-settings",
    kind: "input",
    next,
    ...(key === undefined ? {} : { details: { key } }),
  });
}

export const downstreamDirectory = (home: Home): string => join(home.directory, "downstream");
export const downstreamSettingsPath = (home: Home): string => join(downstreamDirectory(home), "settings.json");

/** What the home's settings file says; empty when there is none. Throws `bad-settings`, `home-unreadable`, `home-corrupt`. */
export async function readDownstreamFile(home: Home): Promise<DownstreamFile> {
  const path = downstreamSettingsPath(home);
  const value = await readJson<unknown>(path);
  return value === undefined ? {} : parseDownstreamFile(value, path);
}

/** Change some of the home's settings for good. */
export async function changeDownstreamFile(home: Home, change: DownstreamFile): Promise<void> {
  const settings = { ...(await readDownstreamFile(home)), ...change };
  await writeWhole(downstreamSettingsPath(home), `${JSON.stringify(settings, null, 2)}\n`);
}

/**
 * The settings of a verification node: the file's, else the product's. Paths in it are taken from HOME/downstream.
 *
 * @param requireSignature what holds where the file does not say
 */
export function completeSettings(home: Home, file: DownstreamFile, requireSignature: boolean): DownstreamSettings {
  const { host: _host, port: _port, cityDatabase = null, ...settings } = file;
  return {
    ...DEFAULT_SETTINGS,
    requireSignature,
    ...settings,
    cityDatabase: cityDatabase === null ? null : resolve(downstreamDirectory(home), cityDatabase),
  };
}
