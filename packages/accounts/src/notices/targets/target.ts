/** A webhook of an account. */
export interface Webhook {
  id: string;
  label: string;
  url: string;
  createdAt: number;
  /** Failed tries in a row; none: the last one went well, or there was none. */
  failures: number;
  /** Deliveries that wait. */
  waiting: number;
}

export const WEBHOOK_COLUMNS = `t.id, t.label, t.place as url, floor(extract(epoch from t.created_at))::float8 as "createdAt", t.failures,
  (select count(*)::int from accounts.deliveries d where d.target = t.id and d.state = 'waiting') as waiting`;

/** What a webhook's secret is encrypted as. */
export const secretInfo = (id: string): string => `cairn/webhook/1/${id}`;
