import type { Transfer } from "@cairn/client";
import { nodeTransfer } from "./node-transfer.ts";

/** Requests of a user's session as a page of the gateway makes them: with that page's origin, and the cookie that the login answered. */
export function sessionTransfer(url: string): Transfer {
  const { origin } = new URL(url);
  let cookie: string | undefined;
  return {
    ...nodeTransfer,
    async download(to, { headers, ...request }, signal) {
      const own = cookie === undefined ? { origin } : { origin, cookie };
      const answer = await nodeTransfer.download(to, { ...request, headers: { ...headers, ...own } }, signal);
      const [set] = answer.headers["set-cookie"] ?? [];
      if (set !== undefined) cookie = set.split(";")[0];
      return answer;
    },
  };
}
