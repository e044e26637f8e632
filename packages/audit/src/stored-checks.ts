import { cursorOf, PAGE_LIMIT, type Page, readCursor } from "@cairn/catalog";
import { CairnError, type PackageId } from "@cairn/protocol";
import type { CheckResult } from "./check-package.ts";
import type { AuditContext } from "./context.ts";

/** What a list says of a check. */
export type CheckSummary = Omit<CheckResult, "shards"> & {
  /** Shards that were looked at so far, and those that were found sound. */
  looked: number;
  sound: number;
};

/** A page of an account's checks, the newest first. @throws CairnError `bad-cursor` */
export async function pageChecks(
  context: Pick<AuditContext, "pool">,
  request: { account: string; package?: PackageId; after?: string; limit?: number },
): Promise<Page<CheckSummary>> {
  const { limit = PAGE_LIMIT } = request;
  const cursor = readCursor(request.after, "bigint");
  const { rows } = await context.pool.query(
    `select c.id, c.package, c.kind, c.state, c.started_at::float8 as "startedAt", c.finished_at::float8 as "finishedAt", c.ok,
  jsonb_array_length(c.shards) as looked, jsonb_array_length(jsonb_path_query_array(c.shards, '$[*] ? (@.result == "sound")')) as sound
from audit.checks c join catalog.packages p on p.id = c.package
where p.account = $1 and ($2::text is null or c.package = $2) and ($3::bigint is null or (c.started_at, c.id) < ($3, $4::text))
order by c.started_at desc, c.id desc limit $5`,
    [request.account, request.package ?? null, cursor?.sorted ?? null, cursor?.id ?? null, limit + 1],
  );
  const checks = rows.slice(0, limit) as CheckSummary[];
  const last = rows.length > limit ? checks.at(-1) : undefined;
  return { rows: checks, next: last === undefined ? null : cursorOf(last.startedAt, last.id) };
}

/** A stored check by id, of a package of `account` where that is given; throws `unknown-check`. */
export async function checkResult(
  context: Pick<AuditContext, "pool">,
  id: string,
  account?: string,
): Promise<CheckResult> {
  const { rows } = await context.pool.query<CheckResult>(
    `select id, package, kind, state, started_at::float8 as "startedAt", finished_at::float8 as "finishedAt", ok, shards
from audit.checks where id = $1
  and ($2::text is null or package in (select id from catalog.packages where account = $2))`,
    [id, account ?? null],
  );
  const [row] = rows;
  if (row === undefined)
    throw new CairnError(`no check ${id}`, {
      code: "unknown-check",
      kind: "missing",
      next: "Start a check with `cairn check`: results are kept for 30 days.",
    });
  return row;
}
