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

export const linkOf = (url: string, secret: string): string => `${url.replace(/\/+$/, "")}/#link=${secret}`;
