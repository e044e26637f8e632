import type { Clock } from "@cairn/core";
import type { Pool } from "pg";

/** What the operations work with. */
export interface AccountsContext {
  pool: Pool;
  clock: Pick<Clock, "now">;
}
