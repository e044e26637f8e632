/** SQL for a contract that counts at instant $1: its response left whole and it has not expired. */
export const LIVE = "firm and not settled and start + (answers + 1) * interval > $1";

/** What is read of live contracts together; due is that of the window that instant $1 is in. */
export const LIVE_FIGURES =
  "count(*) as contracts, coalesce(sum(size), 0) as size, max(start + (floor(($1 - start) / interval) + 1) * interval) as due";

/** LIVE_FIGURES of the contracts of `token`, by index. */
export const LIVE_CONTRACTS_OF_TOKEN = `
  select ${LIVE_FIGURES} from downstream.contracts where token_id = token.id and ${LIVE}`;
