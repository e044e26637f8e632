import { createHmac } from "node:crypto";

/**
 * The headers of a delivery by Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"): HMAC-SHA256 over
 * `id.timestamp.body`, keyed by the bytes that the secret's base64 stands for. Pure.
 */
export function signWebhook(secret: string, { id, at, body }: { id: string; at: number; body: string }) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${signature}` };
}
