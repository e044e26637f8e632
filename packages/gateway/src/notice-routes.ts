import {
  addWebhook,
  changeWebhook,
  confirmMailAddress,
  countUnread,
  cursorOfNotice,
  findWebhook,
  listDeliveries,
  listNotices,
  listWebhooks,
  mailAddressOf,
  markRead,
  type NoticeSettings,
  noticeSettingsOf,
  removeMailAddress,
  removeWebhook,
  setMailAddress,
  setNoticeSettings,
  testNotice,
} from "@cairn/accounts";
import {
  DeliveryPageJson,
  DoneJson,
  MadeWebhookJson,
  MailAddressJson,
  MailCodeJson,
  MarkedJson,
  MarkReadJson,
  NewMailAddressJson,
  NewWebhookJson,
  NoticeJson,
  NoticePageJson,
  NoticeSettingsJson,
  WebhookJson,
  WebhooksJson,
} from "@cairn/client";
import { CairnError } from "@cairn/protocol";
import type { FastifyPluginAsync } from "fastify";
import { type Static, Type } from "typebox";
import { DONE, IdParams } from "./account-route.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { After, Count, Limit, Order } from "./package-route.ts";
import { principalOf } from "./principal-of.ts";

const about = (summary: string) => ({ summary, tags: ["notices"] });
const NoticeQuery = Type.Object({
  limit: Limit,
  after: After,
  order: Order,
  unread: Type.Optional(Type.Boolean()),
  since: Type.Optional(Count),
});
const PageQuery = Type.Object({ limit: Limit, after: After });

/** What the account was told of, how often it wants to be, and where that is sent. */
export function noticeRoutes({ pool, accounts, notices: ways, custodySecret }: GatewayContext): FastifyPluginAsync {
  const mailOf = async (account: string): Promise<MailAddressJson> => {
    const found = await mailAddressOf(pool, account);
    const none = { address: null, confirmed: false, failures: 0, waiting: 0 };
    return { available: ways.mailer !== undefined, ...(found ?? none) };
  };

  return async (server) => {
    server.get(
      "/api/v1/notices",
      {
        config: { scope: "read" },
        schema: {
          ...about("A page of the account's notices, newest first unless asked otherwise"),
          querystring: NoticeQuery,
          response: { 200: NoticePageJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { since, after, ...query } = request.query as Static<typeof NoticeQuery>;
        const from = after ?? (since === undefined ? undefined : cursorOfNotice(since));
        const { rows, next } = await listNotices(pool, {
          account,
          ...query,
          // After an id there is only what came later.
          ...(since === undefined ? {} : { order: "asc" as const }),
          ...(from === undefined ? {} : { after: from }),
        });
        return { notices: rows, unread: await countUnread(pool, account), next };
      },
    );

    server.post(
      "/api/v1/notices/read",
      {
        config: { scope: "write" },
        schema: {
          ...about("Mark notices as read: some by their ids, or all up to one"),
          body: MarkReadJson,
          response: { 200: MarkedJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { ids, upTo } = request.body as MarkReadJson;
        if ((ids === undefined) === (upTo === undefined)) {
          throw new CairnError("either ids or upTo says which notices were read", {
            code: "bad-input",
            kind: "input",
            details: { field: "ids" },
            next: "Give the ids of the notices, or in upTo that of the newest one that was seen.",
          });
        }
        const marked = await markRead(pool, account, upTo === undefined ? { ids: ids ?? [] } : { upTo });
        return { marked, unread: await countUnread(pool, account) };
      },
    );

    server.post(
      "/api/v1/notices/test",
      {
        config: { scope: "write" },
        schema: { ...about("Send a notice every way that the account has"), response: { 200: NoticeJson } },
      },
      async (request) => testNotice(accounts, principalOf(request).account),
    );

    server.get(
      "/api/v1/notices/settings",
      {
        config: { scope: "read" },
        schema: { ...about("What the account is told of, and how often"), response: { 200: NoticeSettingsJson } },
      },
      async (request) => settingsToJson(await noticeSettingsOf(pool, principalOf(request).account)),
    );

    server.put(
      "/api/v1/notices/settings",
      {
        config: { scope: "write" },
        schema: {
          ...about("Replace what the account is told of, and how often"),
          body: NoticeSettingsJson,
          response: { 200: NoticeSettingsJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { kinds, expiryDays, lowBalance } = request.body as NoticeSettingsJson;
        await setNoticeSettings(pool, account, { kinds, expiryDays, lowBalance: BigInt(lowBalance) });
        return settingsToJson(await noticeSettingsOf(pool, account));
      },
    );

    server.get(
      "/api/v1/notices/mail",
      {
        config: { scope: "read" },
        schema: { ...about("The address that letters go to"), response: { 200: MailAddressJson } },
      },
      async (request) => mailOf(principalOf(request).account),
    );

    server.put(
      "/api/v1/notices/mail",
      {
        config: { scope: "admin" },
        schema: {
          ...about(
            "Name the address that letters go to, and send it a code: nothing else goes there before it comes back",
          ),
          body: NewMailAddressJson,
          response: { 200: MailAddressJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        const { address } = request.body as Static<typeof NewMailAddressJson>;
        await setMailAddress(accounts, ways.mailer, { account, address, homeSecret: custodySecret });
        return mailOf(account);
      },
    );

    server.post(
      "/api/v1/notices/mail/confirm",
      {
        config: { scope: "admin" },
        schema: {
          ...about("Show by its code that the address is the account's"),
          body: MailCodeJson,
          response: { 200: MailAddressJson },
        },
      },
      async (request) => {
        const { account } = principalOf(request);
        await confirmMailAddress(accounts, { account, code: (request.body as Static<typeof MailCodeJson>).code });
        return mailOf(account);
      },
    );

    server.delete(
      "/api/v1/notices/mail",
      { config: { scope: "admin" }, schema: { ...about("Send no letters any more"), response: { 200: DoneJson } } },
      async (request) => {
        await removeMailAddress(pool, principalOf(request).account);
        return DONE;
      },
    );

    server.get(
      "/api/v1/webhooks",
      { config: { scope: "read" }, schema: { ...about("The account's webhooks"), response: { 200: WebhooksJson } } },
      async (request) => listWebhooks(pool, principalOf(request).account),
    );

    server.post(
      "/api/v1/webhooks",
      {
        config: { scope: "admin" },
        schema: {
          ...about("Send notices to a URL from now on; the secret that they are signed with is answered once"),
          body: NewWebhookJson,
          response: { 200: MadeWebhookJson },
        },
      },
      async (request) => {
        const { url, label } = request.body as NewWebhookJson;
        const { account } = principalOf(request);
        const { allowPrivate } = ways;
        return addWebhook(accounts, { account, url, label, homeSecret: custodySecret, allowPrivate });
      },
    );

    server.put(
      "/api/v1/webhooks/:id",
      {
        config: { scope: "admin" },
        schema: {
          ...about("Give a webhook another URL or label; what waits for it is tried at once"),
          params: IdParams,
          body: NewWebhookJson,
          response: { 200: WebhookJson },
        },
      },
      async (request) => {
        const { id } = request.params as Static<typeof IdParams>;
        const { url, label } = request.body as NewWebhookJson;
        const { account } = principalOf(request);
        return changeWebhook(accounts, { account, id, url, label, allowPrivate: ways.allowPrivate });
      },
    );

    server.delete(
      "/api/v1/webhooks/:id",
      {
        config: { scope: "admin" },
        schema: {
          ...about("End a webhook, with what waits for it"),
          params: IdParams,
          response: { 200: DoneJson },
        },
      },
      async (request) => {
        const { id } = request.params as Static<typeof IdParams>;
        await removeWebhook(pool, { account: principalOf(request).account, id });
        return DONE;
      },
    );

    server.get(
      "/api/v1/webhooks/:id/deliveries",
      {
        config: { scope: "read" },
        schema: {
          ...about("A page of what was sent to a webhook, newest first"),
          params: IdParams,
          querystring: PageQuery,
          response: { 200: DeliveryPageJson },
        },
      },
      async (request) => {
        const { id } = request.params as Static<typeof IdParams>;
        const { account } = principalOf(request);
        await findWebhook(pool, { account, id });
        const query = request.query as Static<typeof PageQuery>;
        const { rows, next } = await listDeliveries(pool, { account, target: id, ...query });
        return { deliveries: rows, next };
      },
    );
  };
}

const settingsToJson = ({ lowBalance, ...settings }: NoticeSettings): NoticeSettingsJson => ({
  ...settings,
  lowBalance: lowBalance.toString(),
});
