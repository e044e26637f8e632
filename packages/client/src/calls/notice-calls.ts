import { DoneJson } from "../account-schemas.ts";
import {
  type DeliveryJson,
  DeliveryPageJson,
  MadeWebhookJson,
  MailAddressJson,
  MarkedJson,
  type MarkReadJson,
  type NewWebhookJson,
  NoticeJson,
  NoticePageJson,
  NoticeSettingsJson,
  WebhookJson,
  WebhooksJson,
} from "../notice-schemas.ts";
import type { Caller } from "./caller.ts";

export interface NoticeQuery {
  unread?: boolean;
  order?: "asc" | "desc";
  limit?: number;
  /** `next` of the page before. */
  after?: string;
  /** Only notices with a greater id, for whoever follows; instead of `after`. */
  since?: number;
}

/** What an account is told of, how often, and where it is sent. */
export const noticeCalls = ({ call, pages }: Caller) => ({
  page: ({ unread, ...query }: NoticeQuery = {}) =>
    call(NoticePageJson, "/notices", { query: { ...query, unread: unread ? "true" : undefined } }),
  markRead: (body: MarkReadJson) => call(MarkedJson, "/notices/read", { method: "POST", body }),
  test: () => call(NoticeJson, "/notices/test", { method: "POST", body: {} }),
  settings: () => call(NoticeSettingsJson, "/notices/settings"),
  changeSettings: (body: NoticeSettingsJson) => call(NoticeSettingsJson, "/notices/settings", { method: "PUT", body }),
  mail: () => call(MailAddressJson, "/notices/mail"),
  /** Sends a code to the address. */
  setMail: (address: string) => call(MailAddressJson, "/notices/mail", { method: "PUT", body: { address } }),
  confirmMail: (code: string) => call(MailAddressJson, "/notices/mail/confirm", { method: "POST", body: { code } }),
  removeMail: () => call(DoneJson, "/notices/mail", { method: "DELETE" }),
  webhooks: () => call(WebhooksJson, "/webhooks"),
  addWebhook: (body: NewWebhookJson) => call(MadeWebhookJson, "/webhooks", { method: "POST", body }),
  changeWebhook: (id: string, body: NewWebhookJson) => call(WebhookJson, `/webhooks/${id}`, { method: "PUT", body }),
  removeWebhook: (id: string) => call(DoneJson, `/webhooks/${id}`, { method: "DELETE" }),
  deliveries: (id: string): Promise<DeliveryJson[]> =>
    pages(DeliveryPageJson, `/webhooks/${id}/deliveries`, ({ deliveries }) => deliveries),
});
