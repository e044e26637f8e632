import type { Notice } from "../notice.ts";
import type { Letter } from "./mailer.ts";

/** What a webhook is sent: the same bytes at every try. `type` and `timestamp` as Standard Webhooks recommends. Pure. */
export function webhookBody(account: string, notice: Notice): string {
  const { id, at, kind, severity, message, next, package: of, deal, wallet } = notice;
  return JSON.stringify({
    type: `notice.${kind}`,
    timestamp: new Date(at * 1000).toISOString(),
    data: { id, account, at, kind, severity, message, next, package: of, deal, wallet },
  });
}

/** One letter for some notices of an account. Pure. */
export function letterOf(batch: string, to: string, notices: readonly Notice[]): Letter {
  const [first] = notices;
  const subject =
    notices.length === 1 && first !== undefined
      ? `Cairn: ${firstSentence(first.message)}`
      : `Cairn: ${notices.length} notices`;
  const lines = notices.flatMap(({ at, message, next }) => [
    `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`,
    message,
    ...(next === null ? [] : [`→ ${next}`]),
    "",
  ]);
  const ending = "What you are told of, and how often: `cairn notify`. No more letters: `cairn notify mail --remove`.";
  return { id: batch, to, subject, text: [...lines, "-- ", ending].join("\n") };
}

const firstSentence = (text: string): string => (/^.*?[.:](?=\s|$)/s.exec(text)?.[0] ?? text).replace(/[.:]$/, "");
