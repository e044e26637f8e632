import { CairnClient } from "@cairn/client/client";
import { type Home, homeToken } from "../home/home.ts";

/**
 * A link that opens the console signed in, once. The secret stands in the fragment, which a browser sends nowhere. Undefined where the gateway makes
 * none: its network runs all the same.
 */
export async function consoleLink(url: string, home: Home): Promise<string | undefined> {
  try {
    const client = new CairnClient({ url, token: await homeToken(home) });
    return linkOf(url, (await client.links.create()).secret);
  } catch {
    return undefined;
  }
}

/** @param path of a page of the console: `files`, `/packages`, `/files#in=ID/Photos`; what is no page of it shows as such there */
export function linkOf(url: string, secret: string, path = "/"): string {
  const [page = "", place] = path.replace(/^\/+/, "").split("#", 2);
  // As a path of this gateway, whatever it looks like.
  const target = new URL(url);
  target.pathname = page.split("?", 1)[0] ?? "";
  target.hash = [`link=${secret}`, ...(place === undefined ? [] : [place])].join("&");
  return target.href;
}
