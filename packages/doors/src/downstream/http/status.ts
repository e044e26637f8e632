import type pg from "pg";
import type { FarmerStatus } from "../status/farmer-status.ts";
import { type FarmerQuery, isSortKey, listFarmers as listFarmersIn } from "../status/list-farmers.ts";
import { showFarmer as showFarmerIn } from "../status/show-farmer.ts";
import { type Call, sendJson } from "./call.ts";
import { Refusal, TEXTS } from "./refusal.ts";

/** A list of farmers that was asked for. */
type FarmerList = Omit<FarmerQuery, "now">;

/** Where farmers' figures come from. */
export interface StatusSource {
  list(query: FarmerList): Promise<FarmerStatus[]>;
  show(farmerId: string): Promise<FarmerStatus | undefined>;
}

/** Farmers' figures out of the door's tables. @param now seconds since 1970 */
export function statusFrom(pool: pg.Pool, now: () => number): StatusSource {
  return {
    list: (query) => listFarmersIn(pool, { ...query, now: now() }),
    show: (farmerId) => showFarmerIn(pool, farmerId, now()),
  };
}

const DIGITS = /^\d+$/;
const FARMER_ID = /^[0-9a-f]{20}$/;
/** More farmers and pages than this there are none. */
const MAX_NUMBER = 2 ** 31 - 1;

/** `GET /status/show/<farmer id>`. */
export async function showFarmer(call: Call, id: string): Promise<unknown> {
  const farmer = FARMER_ID.test(id) ? await call.door.status.show(id) : undefined;
  if (farmer === undefined) throw new Refusal(404, TEXTS.noFarmer);
  return sendJson(call, JSON.stringify(farmer));
}

/** `GET /status/list/...`. @throws Refusal 400 for a sort key that is none */
export async function listFarmers(call: Call, path: StatusListPath): Promise<unknown> {
  const { sort } = path;
  if (!isSortKey(sort)) throw new Refusal(400, TEXTS.badSort);
  return sendJson(call, JSON.stringify({ farmers: await call.door.status.list({ ...path, sort }) }));
}

export type StatusListPath = Omit<FarmerList, "sort"> & { sort: string };

/**
 * What stands behind `/status/list`, read: `[online] [by [d] KEY] [LIMIT [PAGE]]`, with or without a slash at the end; undefined when it is
 * no such path.
 */
export function statusListPath(segments: readonly string[]): StatusListPath | undefined {
  const rest: string[] = segments.at(-1) === "" ? segments.slice(0, -1) : [...segments];
  const onlineOnly = rest[0] === "online";
  if (onlineOnly) rest.shift();
  const sorted = rest[0] === "by";
  if (sorted) rest.shift();
  const descending = sorted && rest.length > 1 && rest[0] === "d";
  if (descending) rest.shift();
  const sort = sorted ? rest.shift() : "id";
  if (sort === undefined || rest.length > 2 || !rest.every((segment) => DIGITS.test(segment))) return undefined;
  const [limit = null, page = 0] = rest.map((digits) => Math.min(Number(digits), MAX_NUMBER));
  return { onlineOnly, sort, descending, limit, page };
}
