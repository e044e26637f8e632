import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import {
  createBeats,
  createVerificationNode,
  DEFAULT_SETTINGS,
  type DownstreamRoutesOptions,
  type DownstreamSettings,
  downstreamMigrations,
  type Location,
  type RunningNode,
  statusFrom,
} from "@cairn/doors/downstream";
import type { Wait } from "../../src/downstream/contracts/contract-keeper.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

export interface RealDoor extends OpenDoor {
  node: RunningNode;
  database: TestDatabase;
  /** Warnings and errors that the node logged. */
  warnings: string[];
}

const NOWHERE: Location = { country: null, state: null, city: null, zip: null, lat: null, lon: null };
export const SMALL_POOL = { min: 1024, max: 8192, total: 131_072, base: 2 };

/** The HTTP door, the node behind it and a PostgreSQL database of its own: everything that a farmer meets. */
export async function openRealDoor(
  settings: Partial<DownstreamSettings>,
  now: () => number,
  options: Partial<DownstreamRoutesOptions> = {},
  wait?: Wait,
): Promise<RealDoor> {
  const database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  const warnings: string[] = [];
  const warn = (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const node = createVerificationNode({
    pool: database.pool,
    settings: { ...DEFAULT_SETTINGS, requireSignature: false, pool: SMALL_POOL, ...settings },
    beats: await createBeats(randomBytes),
    now,
    random: randomBytes,
    log: { info: () => undefined, warn, error: warn },
    locate: () => NOWHERE,
    ...(wait === undefined ? {} : { wait }),
  });
  await node.chunks.fill();
  await node.start();
  const door = await openDoor({ node, status: statusFrom(database.pool, now), ...options });
  return {
    ...door,
    node,
    database,
    warnings,
    async close() {
      await door.close();
      await node.stop();
      await database.drop();
    },
  };
}
