/** Of a list that comes in pages. */
export interface PageQuery {
  limit?: number;
  /** `next` of the page before. */
  after?: string;
}

interface SortedQuery extends PageQuery {
  sort?: string;
  order?: "asc" | "desc";
  /** States, joined by commas. */
  states?: string;
}

export interface PackageQuery extends SortedQuery {
  gone?: boolean;
}

/** Times are UNIX seconds, half-open. */
export interface DealQuery extends SortedQuery {
  package?: string;
  /** Any of these, joined by commas: at most 200. */
  packages?: string;
  provider?: string;
  /** One of the wallets. */
  owner?: string;
  region?: string;
  /** Joined by commas. */
  checkResults?: string;
  /** The beginning of an id, CID, provider, package, root, state or region. */
  search?: string;
  endsFrom?: number;
  endsBefore?: number;
  proposedFrom?: number;
  proposedBefore?: number;
  createdFrom?: number;
  createdBefore?: number;
  /** Of the last proof, and of the last check: UNIX seconds, half-open. */
  provedFrom?: number;
  provedBefore?: number;
  checkedFrom?: number;
  checkedBefore?: number;
  /** Bytes of the shard. */
  bytesFrom?: number;
  bytesTo?: number;
}

export interface StatementQuery extends PageQuery {
  order?: "asc" | "desc";
  /** Joined by commas. */
  kinds?: string;
  /** UNIX seconds, half-open. */
  from?: number;
  before?: number;
  package?: string;
}

export interface EventQuery {
  package?: string;
  kind?: string;
  /** Joined by commas. */
  severities?: string;
  /** Only events with a smaller id. */
  before?: number;
}
