import { isIP } from "node:net";
import { CairnError } from "@cairn/protocol";
import { isPrivate } from "@cairn/transport";

const LONGEST = 2000;
/** Below 1024 only the web's own: a signed POST is no letter to a mail server. */
const WEB_PORTS = ["", "80", "443"];
const FIRST_FREE_PORT = 1024;

/**
 * The URL of a webhook, which a stranger may have chosen. Names are looked at when they are resolved, for each connection anew (`lookupPublic`).
 * @param allowPrivate whether it may be an address of the gateway's own network
 * @throws CairnError `bad-webhook`
 */
export function webhookUrl(text: string, allowPrivate: boolean): URL {
  const url = text.length <= LONGEST && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refuse("is no http or https URL");
  if (url.username !== "" || url.password !== "") throw refuse("has a user name or password in it");
  if (url.hash !== "") throw refuse("has a fragment, which is never sent");
  if (allowPrivate) return url;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if ((isIP(host) !== 0 && isPrivate(host)) || /(^|\.)localhost\.?$/.test(host))
    throw refuse(`leads to ${host.slice(0, 100)}, which is inside a private network`);
  if (!WEB_PORTS.includes(url.port) && Number(url.port) < FIRST_FREE_PORT) throw refuse(`has the port ${url.port}`);
  return url;
}

const refuse = (why: string): CairnError =>
  new CairnError(`the URL of the webhook ${why}`, {
    code: "bad-webhook",
    kind: "input",
    details: { field: "url" },
  });
