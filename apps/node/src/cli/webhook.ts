import type { WebhookJson } from "@cairn/client";
import type { CairnClient } from "@cairn/client/client";
import { CairnError } from "@cairn/protocol/errors";
import { minuteWords } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

export async function addWebhook(url: string, options: CommonOptions & { label?: string }): Promise<void> {
  const { client, output } = await openSession(options);
  const made = await client.notices.addWebhook({ url, label: options.label ?? "" });
  output.result(made);
  output.say(
    `Notices go to ${made.webhook.url} from now on; try it: \`cairn notify test\`. They are signed with this secret, which is not shown again:`,
    "",
    made.secret,
  );
}

export async function listWebhooks(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const webhooks = await client.notices.webhooks();
  output.result(webhooks);
  const rows = webhooks.map(({ id, label, url, failures, waiting }) => [
    id.slice(0, 8),
    label,
    failures === 0 ? "well" : `${failures} failed tries`,
    String(waiting),
    url,
  ]);
  output.say(table(["ID", "LABEL", "STATE", "WAITING", "URL"], rows));
}

export async function removeWebhook(id: string, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const webhook = await webhookOf(client, id);
  await client.notices.removeWebhook(webhook.id);
  output.result({ removed: webhook.id });
  output.say(`Nothing goes to ${webhook.url} any more.`);
}

/** What was sent to a webhook, newest first. */
export async function logOfWebhook(id: string, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const webhook = await webhookOf(client, id);
  const deliveries = await client.notices.deliveries(webhook.id);
  output.result(deliveries);
  const rows = deliveries.map(({ notice, kind, state, attempts, triedAt, dueAt, error }) => [
    String(notice),
    kind,
    state,
    String(attempts),
    minuteWords(triedAt),
    minuteWords(dueAt),
    error ?? "",
  ]);
  output.say(table(["NOTICE", "KIND", "STATE", "TRIES", "LAST (UTC)", "NEXT (UTC)", ""], rows));
}

async function webhookOf(client: Pick<CairnClient, "notices">, id: string): Promise<WebhookJson> {
  const found = (await client.notices.webhooks()).filter((one) => id !== "" && one.id.startsWith(id));
  const [webhook, other] = found;
  if (webhook !== undefined && other === undefined) return webhook;
  throw new CairnError(
    other === undefined ? `there is no webhook ${id}` : `${found.length} webhooks begin with ${id}`,
    {
      code: "unknown-webhook",
      kind: "missing",
      next: "`cairn notify webhook list` shows the starts of the ids, and with --json the whole ones.",
    },
  );
}
