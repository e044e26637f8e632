import { randomBytes } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2";
import { createBase58check } from "@scure/base";
import type { Pool } from "pg";
import { createBeats } from "../beats.ts";
import { NOWHERE } from "../location/location.ts";
import type { NodeContext } from "../node-context.ts";
import { DEFAULT_SETTINGS, type DownstreamSettings } from "../settings.ts";

export interface TestContext extends NodeContext {
  /** Seconds since 1970; moves only when it is set. */
  clock: { now: number };
  /** What the node warned of. */
  warnings: string[];
}

const START = 1_800_000_000;

/** A node's context with a clock that stands still, secrets of its own, few challenges for speed, and no limit on tokens of a network. */
export function testContext(pool: Pool, settings: Partial<DownstreamSettings> = {}): TestContext {
  const clock = { now: START };
  const warnings: string[] = [];
  const say = (_fields: object, message: string) => {
    warnings.push(message);
  };
  return {
    pool,
    settings: { ...DEFAULT_SETTINGS, rounds: 4, maxTokensPerNetwork: null, ...settings },
    beats: createBeats(randomBytes),
    now: () => clock.now,
    random: randomBytes,
    log: { info: () => undefined, warn: say, error: say },
    locate: (ip) => ({ ...NOWHERE, country: `country of ${ip}` }),
    clock,
    warnings,
  };
}

const base58check = createBase58check(sha256);

/** A valid address, another one for each number. */
export function testAddress(number: number): string {
  const payload = Buffer.alloc(21);
  payload.writeUInt32BE(number, 17);
  return base58check.encode(payload);
}
