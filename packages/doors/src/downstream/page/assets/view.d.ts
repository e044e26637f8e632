// Types of view.js, which runs in the browser as it is and so cannot hold them itself.
import type { FarmerDay } from "../../status/farmer-history.ts";
import type { FarmerStatus } from "../../status/farmer-status.ts";
import type { SortKey } from "../../status/list-farmers.ts";
import type { DownstreamTotals } from "../../status/overview.ts";

/** Farmers of one neighbourhood, at a point of the map. */
export interface Dot {
  key: string;
  x: number;
  y: number;
  name: string;
  farmers: number;
  online: number;
}

/** What a visitor asked to see; it is in the address of the page. */
export interface ViewQuery {
  sort: SortKey;
  descending: boolean;
  onlineOnly: boolean;
  /** From 0. */
  page: number;
  /** Id of the farmer whose history is open. */
  farmer: string | null;
}

export interface ViewData {
  query: ViewQuery;
  /** Seconds since 1970. */
  now: number;
  totals: DownstreamTotals;
  dots: Dot[];
  unplaced: number;
  farmers: FarmerStatus[];
  /** How many pages there are, at least 1. */
  pages: number;
  /** The open farmer's days, oldest first; null when none is open or it is gone. */
  history: FarmerDay[] | null;
  /** Where a farmer reaches this node. */
  node: string;
}

/** HTML of each part of the page that changes, by its name. */
export function renderParts(data: ViewData): Record<"totals" | "dots" | "places" | "view" | "farmers", string>;

/** The address of a view. */
export function hrefOf(query: ViewQuery): string;

export function escapeHtml(text: string): string;
