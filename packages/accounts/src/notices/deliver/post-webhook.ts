import { plainText } from "@cairn/protocol";
import { callHttp, lookupPublic } from "@cairn/transport";
import { webhookUrl } from "../targets/webhook-url.ts";
import type { Sent } from "./mailer.ts";
import { signWebhook } from "./sign-webhook.ts";

/** For the whole of a try, also where an answer comes a byte at a time. */
const TRY_SECONDS = 10;

export interface WebhookPost {
  url: string;
  secret: string;
  /** The same at every try, so that a receiver knows what it has had. */
  id: string;
  body: string;
  /** UNIX seconds of this try. */
  at: number;
  allowPrivate: boolean;
  /** For the try; TRY_SECONDS where left out. */
  seconds?: number;
  signal: AbortSignal;
}

/**
 * One try to deliver to a webhook. Nothing of the answer is read but its status; redirects are answers like others. The name is resolved once, for the connection
 * itself, and a private address is not connected to: what is looked at is what is used.
 */
export async function postWebhook({
  url,
  secret,
  id,
  body,
  at,
  allowPrivate,
  seconds = TRY_SECONDS,
  signal,
}: WebhookPost): Promise<Sent> {
  const ended = AbortSignal.timeout(seconds * 1000);
  try {
    const { status, body: rest } = await callHttp({
      url: webhookUrl(url, allowPrivate),
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "cairn-webhooks/1",
        ...signWebhook(secret, { id, at, body }),
      },
      body: Buffer.from(body, "utf8"),
      idleSeconds: seconds,
      signal: AbortSignal.any([signal, ended]),
      // A connection that others opened was not looked at by the same rule.
      fresh: true,
      ...(allowPrivate ? {} : { lookup: lookupPublic }),
    });
    rest.on("error", () => undefined);
    rest.destroy();
    if (status >= 200 && status < 300) return { ok: true };
    return { ok: false, error: `it answered ${status}`, final: false, status };
  } catch (error) {
    signal.throwIfAborted();
    const why = ended.aborted ? `no answer within ${seconds} s` : (error as Error).message;
    return { ok: false, error: plainText(why, 300), final: false, status: null };
  }
}
