import { setTimeout as sleep } from "node:timers/promises";
import type { NoticeJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { minuteWords } from "./format.ts";
import { type CommonOptions, openSession } from "./session.ts";

export interface NoticesOptions extends CommonOptions {
  follow?: boolean;
  unread?: boolean;
  last?: number;
  /** Ids, or `all` that are shown. */
  read?: string;
}

const POLL_MILLISECONDS = 1000;
const MARK = new Map(Object.entries<string>({ info: " ", warning: "!", error: "✗" }));

/** What the account was told, oldest first; with --follow, as it comes. */
export async function notices(options: NoticesOptions): Promise<void> {
  const { follow = false, unread = false, last = 50, read } = options;
  const ids = read === undefined || read === "all" ? undefined : idsOf(read);
  const { client, output } = await openSession(options);
  if (ids !== undefined) {
    const marked = await client.notices.markRead({ ids });
    output.result(marked);
    output.say(`${marked.marked} marked as read; ${marked.unread} are not.`);
    return;
  }
  const page = await client.notices.page({ limit: last, unread });
  const newest = page.notices[0]?.id ?? 0;
  for (const notice of page.notices.toReversed()) {
    output.entry(notice);
    output.say(lineOf(notice));
  }
  if (read === "all" && newest > 0) await client.notices.markRead({ upTo: newest });
  if (!follow && page.notices.length === 0) output.say(unread ? "Nothing unread." : "No notices so far.");
  for (let since = newest; follow; ) {
    const found = (await client.notices.page({ since, limit: 500 })).notices;
    for (const notice of found) {
      output.entry(notice);
      output.say(lineOf(notice));
      since = notice.id;
    }
    if (found.length === 0) await sleep(POLL_MILLISECONDS);
  }
}

/** One line of a notice: its id, when, how grave, what, and what to do. */
export function lineOf({ id, at, severity, message, next, read }: NoticeJson): string {
  const what = next === null ? message : `${message} → ${next}`;
  return `${id} ${read ? " " : "●"} ${minuteWords(at)} ${MARK.get(severity) ?? " "} ${what}`;
}

function idsOf(text: string): number[] {
  const ids = text.split(",").map((one) => (/^[0-9]{1,15}$/.test(one) ? Number(one) : Number.NaN));
  if (ids.every((id) => Number.isSafeInteger(id))) return ids;
  throw new CairnError(`--read is "${text.slice(0, 40)}"`, {
    code: "bad-value",
    kind: "input",
    next: "Give ids from `cairn notices` with commas between them, or `all`.",
  });
}
