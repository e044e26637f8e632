import { isIP } from "node:net";
import { resolve } from "node:path";
import { type Static, Type } from "typebox";
import { parseSettings } from "../settings.ts";
import { DEFAULT_SETTINGS, type DownstreamSettings } from "./settings.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;
const whole = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }));
const number = (minimum: number, maximum: number) => Type.Optional(Type.Number({ minimum, maximum }));

const NAMED_RANGES = ["loopback", "linklocal", "uniquelocal"];

function isNetwork(text: string): boolean {
  if (NAMED_RANGES.includes(text)) return true;
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const bytes = Type.Integer({ minimum: 1, maximum: LARGEST });

/** What may stand in HOME/downstream/settings.json: docs/doors/downstream.md explains each. Everything may be left out. */
export const DOWNSTREAM_SETTINGS = Type.Object(
  {
    /** Where `cairn downstream serve` listens; a network's gateway has its own address. */
    host: Type.Optional(Type.String({ minLength: 1 })),
    port: whole(0, 65_535),
    scheme: Type.Optional(Type.Union([Type.Literal("Merkle"), Type.Literal("Swizzle")])),
    checkFraction: number(0.000_001, 1),
    rounds: whole(1, 32_768),
    intervalSeconds: number(1, 31_536_000),
    requireSignature: Type.Optional(Type.Boolean()),
    requireNonce: Type.Optional(Type.Boolean()),
    minBalance: number(0, LARGEST),
    maxTokensPerNetwork: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: LARGEST }), Type.Null()], {
        allowed: "a whole number from 1, or null: no limit",
      }),
    ),
    maxChunksPerRequest: whole(0, 10_000),
    maxBytesPerAddress: whole(0, LARGEST),
    maxMessageLength: whole(1, 65_536),
    trustedProxies: Type.Optional(
      Type.Array(Type.Refine(Type.String(), isNetwork), {
        allowed: `a list of addresses, ranges such as 10.0.0.0/8, and ${NAMED_RANGES.join(", ")}`,
      }),
    ),
    cityDatabase: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
        allowed: "a text, or null: the country database that comes with Cairn",
      }),
    ),
    pool: Type.Optional(
      Type.Refine(
        Type.Object(
          {
            min: bytes,
            max: bytes,
            total: Type.Integer({ minimum: 0, maximum: LARGEST }),
            base: Type.Integer({ minimum: 2, maximum: 1024 }),
          },
          {
            additionalProperties: false,
            allowed: '{"min": bytes, "max": bytes, "total": bytes, "base": whole number from 2}, min not above max',
          },
        ),
        ({ min, max }) => min <= max,
      ),
    ),
    redundancy: whole(1, 1000),
  },
  { additionalProperties: false },
);

export type DownstreamFile = Static<typeof DOWNSTREAM_SETTINGS>;

/** @throws CairnError `bad-settings` with the key, what it was and what is allowed */
export const parseDownstreamFile = (value: unknown, where: string): DownstreamFile =>
  parseSettings(DOWNSTREAM_SETTINGS, value, where);

/**
 * The settings of a verification node: the file's, else the product's.
 *
 * @param directory from which paths are taken
 * @param requireSignature what holds where the file does not say
 */
export function completeSettings(
  directory: string,
  file: DownstreamFile,
  requireSignature: boolean,
): DownstreamSettings {
  const { host: _host, port: _port, cityDatabase = null, ...settings } = file;
  return {
    ...DEFAULT_SETTINGS,
    requireSignature,
    ...settings,
    cityDatabase: cityDatabase === null ? null : resolve(directory, cityDatabase),
  };
}
