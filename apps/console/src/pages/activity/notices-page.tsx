import type { NoticeJson, NoticePageJson } from "@cairn/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Act, Asked, Button, Card, Empty, Page, State, Time } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { notices } from "../../words/notices.ts";
import { ActivityTabs } from "./activity-tabs.tsx";
import { moodOfSeverity } from "./mood.ts";
import { noticeListRoute } from "./route.ts";

const words = notices.list;
const PAGE = 50;

/** What the account was told of, newest first; read is what was marked so, here or elsewhere. */
function NoticeList() {
  const { show } = noticeListRoute.useSearch();
  const navigate = useNavigate({ from: "/activity/notices" });
  const unread = show === "unread";
  const query = useInfiniteQuery({
    queryKey: ["notices", "list", unread],
    queryFn: ({ pageParam }) =>
      client.notices.page({ limit: PAGE, unread, ...(pageParam === undefined ? {} : { after: pageParam }) }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: NoticePageJson) => next ?? undefined,
  });
  const mark = async (body: { ids: number[] } | { upTo: number }) => {
    await client.notices.markRead(body);
    invalidate(["notices"]);
  };
  return (
    <Page title={words.title} lead={words.lead}>
      <ActivityTabs />
      <Asked query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.notices);
          const count = pages.at(-1)?.unread ?? 0;
          // Those that came since stand above the first page until it is asked for again.
          const newest = rows[0]?.id;
          return (
            <>
              <div className="row">
                <span role="status">{words.unread(count)}</span>
                <Button
                  aria-pressed={unread}
                  onClick={() => void navigate({ search: unread ? {} : { show: "unread" as const } })}
                >
                  {unread ? words.all : words.only}
                </Button>
                <Act
                  disabled={count === 0 || newest === undefined}
                  act={async () => newest !== undefined && mark({ upTo: newest })}
                >
                  {words.markAll}
                </Act>
                <Link className="right" to="/settings/notices">
                  {words.settings}
                </Link>
              </div>
              <Card>
                {rows.length > 0 ? (
                  <ul className="list">
                    {rows.map((one) => (
                      <Notice key={one.id} notice={one} onRead={() => mark({ ids: [one.id] })} />
                    ))}
                  </ul>
                ) : unread ? (
                  <Empty
                    title={words.emptyUnread.title}
                    action={<Link to="/activity/notices">{words.emptyUnread.next}</Link>}
                  >
                    {words.emptyUnread.body}
                  </Empty>
                ) : (
                  <Empty title={words.empty.title} action={<Link to="/settings/notices">{words.empty.next}</Link>}>
                    {words.empty.body}
                  </Empty>
                )}
              </Card>
              {query.hasNextPage ? (
                <p>
                  <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {words.older}
                  </Button>
                </p>
              ) : null}
            </>
          );
        }}
      </Asked>
    </Page>
  );
}

function Notice({ notice, onRead }: { notice: NoticeJson; onRead: () => Promise<void> }) {
  const { message, next, severity, at, read, package: of, wallet } = notice;
  return (
    <li className="notice" data-unread={!read}>
      <State mood={moodOfSeverity(severity)} next={next}>
        {read ? null : <span className="unseen">{words.isUnread}: </span>}
        {message} <Time at={at} />
      </State>
      <span className="row">
        {of === null ? null : (
          <Link to="/packages/$id" params={{ id: of }}>
            {words.package}
          </Link>
        )}
        {wallet === null ? null : (
          <Link to="/wallets/$address" params={{ address: wallet }}>
            {words.wallet}
          </Link>
        )}
        {read ? null : (
          <Act kind="plain" act={onRead}>
            {words.markRead}
          </Act>
        )}
      </span>
    </li>
  );
}

export const page = createLazyRoute("/activity/notices")({ component: NoticeList });
