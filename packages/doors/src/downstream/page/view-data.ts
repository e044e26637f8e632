import type pg from "pg";
import { farmerHistory } from "../status/farmer-history.ts";
import { isSortKey, listFarmers } from "../status/list-farmers.ts";
import { type Overview, readOverview } from "../status/overview.ts";
import { showFarmer } from "../status/show-farmer.ts";
import type { Dot, ViewData, ViewQuery } from "./assets/view.js";
import { dotsOf } from "./world-map.ts";

const FARMERS_PER_PAGE = 25;
const DAYS = 30;
const MOST_PAGES = 1_000_000;

/** What an address asks for; what it does not say, or says wrongly, is as at first: every farmer, the highest uptime first. */
export function readViewQuery(search: URLSearchParams): ViewQuery {
  // The last one counts: a pressed button comes after the form's own choice.
  const sort = search.getAll("sort").at(-1) ?? "";
  const key = sort.replace(/^-/, "");
  const page = Number(search.get("page") ?? 1);
  const farmer = search.get("farmer") ?? "";
  return {
    ...(isSortKey(key) ? { sort: key, descending: sort.startsWith("-") } : { sort: "uptime", descending: true }),
    onlineOnly: search.get("online") === "1",
    page: Number.isInteger(page) && page >= 1 && page <= MOST_PAGES ? page - 1 : 0,
    farmer: /^[0-9a-f]{20}$/.test(farmer) ? farmer : null,
  };
}

const dotsByOverview = new WeakMap<Overview, Dot[]>();

/** Everything that a view shows, as of `now` (seconds since 1970). An open farmer that is not on the page comes first. */
export async function readViewData(pool: pg.Pool, asked: ViewQuery, now: number, node: string): Promise<ViewData> {
  const overview = await readOverview(pool, now);
  const { totals, places, unplaced } = overview;
  const pages = Math.max(1, Math.ceil((asked.onlineOnly ? totals.online : totals.farmers) / FARMERS_PER_PAGE));
  const query = { ...asked, page: Math.min(asked.page, pages - 1) };
  const [farmers, history] = await Promise.all([
    listFarmers(pool, { ...query, limit: FARMERS_PER_PAGE, now }),
    query.farmer === null ? undefined : farmerHistory(pool, query.farmer, DAYS, now),
  ]);
  if (query.farmer !== null && !farmers.some(({ id }) => id === query.farmer)) {
    const open = await showFarmer(pool, query.farmer, now);
    if (open !== undefined) farmers.unshift(open);
  }
  let dots = dotsByOverview.get(overview);
  if (dots === undefined) {
    dots = dotsOf(places);
    dotsByOverview.set(overview, dots);
  }
  return { query, now, totals, dots, unplaced, farmers, pages, history: history ?? null, node };
}
