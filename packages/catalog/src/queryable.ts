import type { Pool, PoolClient } from "pg";

/** A pool or one of its clients inside a transaction. */
export type Queryable = Pick<Pool, "query"> | Pick<PoolClient, "query">;
