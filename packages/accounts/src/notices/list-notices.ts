import { cursorOf, PAGE_LIMIT, type Page, type Queryable, readCursor, type SortOrder } from "@cairn/catalog";
import { NOTICE_COLUMNS, type Notice } from "./notice.ts";

export interface NoticeRequest {
  account: string;
  /** Only those that are not read. */
  unread?: boolean;
  /** `next` of the page before, or `cursorOfNotice` of a notice. */
  after?: string;
  order?: SortOrder;
  limit?: number;
}

/** Where the page after a notice begins. */
export const cursorOfNotice = (id: number): string => cursorOf(id, "");

/** A page of what the console shows of an account's notices, the newest first unless told otherwise. @throws CairnError `bad-cursor` */
export async function listNotices(db: Queryable, request: NoticeRequest): Promise<Page<Notice>> {
  const { account, unread = false, order = "desc", limit = PAGE_LIMIT } = request;
  const cursor = readCursor(request.after, "bigint");
  const { rows } = await db.query(
    `select ${NOTICE_COLUMNS} from accounts.notices n where n.account = $1 and 'console' = any(n.channels) and (not $2 or not n.read)
       and ($3::bigint is null or n.id ${order === "asc" ? ">" : "<"} $3) order by n.id ${order} limit $4`,
    [account, unread, cursor?.sorted ?? null, limit + 1],
  );
  const notices = rows.slice(0, limit) as Notice[];
  const last = rows.length > limit ? notices.at(-1) : undefined;
  return { rows: notices, next: last === undefined ? null : cursorOfNotice(last.id) };
}

/** How many of an account's notices are not read. */
export async function countUnread(db: Queryable, account: string): Promise<number> {
  const { rows } = await db.query(
    "select count(*)::int as n from accounts.notices where account = $1 and not read and 'console' = any(channels)",
    [account],
  );
  return (rows[0] as { n: number }).n;
}
