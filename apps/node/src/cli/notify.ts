import type { NoticeSettingsJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { exactCoins } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

type Kind = keyof NoticeSettingsJson["kinds"];

export interface NotifyOptions extends CommonOptions {
  /** How often, by the names of options: `expiry`, `low`, `balance` … */
  expiry?: string;
  low?: string;
  balance?: string;
  damage?: string;
  repair?: string;
  fixity?: string;
  deposit?: string;
  owner?: string;
  account?: string;
  days?: number;
  threshold?: bigint;
  /** `KIND=CHANNEL,…` */
  send?: string[];
}

/** Options of `cairn notify`, the kinds that they are of, and what those are. */
export const NOTIFY_KINDS: readonly (readonly [Exclude<keyof NotifyOptions, keyof CommonOptions>, Kind, string])[] = [
  ["expiry", "expiry", "a deal ends soon"],
  ["low", "balance-low", "a wallet has less than the threshold"],
  ["balance", "balance", "what each wallet has"],
  ["damage", "damage", "a package is degraded or lost"],
  ["repair", "repair", "a package is whole again"],
  ["fixity", "fixity", "a check found something"],
  ["deposit", "deposit", "a deposit is final"],
  ["owner", "owner", "a put waits for you"],
  ["account", "account", "a password was set, or a webhook takes nothing"],
];

/** Show what the account is told of, how often and where; change it by options. */
export async function notify(options: NotifyOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const before = await client.notices.settings();
  const wanted = merged(before, options);
  const after =
    JSON.stringify(wanted) === JSON.stringify(before) ? before : await client.notices.changeSettings(wanted);
  const [mail, webhooks] = await Promise.all([client.notices.mail(), client.notices.webhooks()]);
  output.result({ ...after, mail, webhooks });
  const rows = NOTIFY_KINDS.map(([name, kind, what]) => {
    const { frequency, channels } = after.kinds[kind];
    return [name, frequency, frequency === "never" ? "" : channels.join(","), what];
  });
  output.say(
    table(["WHAT", "HOW OFTEN", "WHERE", ""], rows),
    "",
    `expiry   from ${after.expiryDays} days before the end on`,
    `low      below ${exactCoins(BigInt(after.lowBalance))}, deposit and coins together`,
    `webhook  ${webhooks.length === 0 ? "none: `cairn notify webhook add URL`" : `${webhooks.length}, see \`cairn notify webhook list\``}`,
    `mail     ${mailWords(mail)}`,
  );
}

export function mailWords({
  available,
  address,
  confirmed,
}: {
  available: boolean;
  address: string | null;
  confirmed: boolean;
}) {
  if (!available) return "this gateway sends none";
  if (address === null) return "no address: `cairn notify mail ADDRESS`";
  return confirmed ? address : `${address}, which waits for its code: \`cairn notify mail --confirm CODE\``;
}

function merged(before: NoticeSettingsJson, options: NotifyOptions): NoticeSettingsJson {
  const kinds = { ...before.kinds };
  for (const [name, kind] of NOTIFY_KINDS) {
    const frequency = options[name];
    if (typeof frequency === "string")
      kinds[kind] = { ...kinds[kind], frequency: frequency as (typeof kinds)[Kind]["frequency"] };
  }
  for (const text of options.send ?? []) {
    const [names = "", channels] = text.split("=", 2);
    const found = names === "all" ? NOTIFY_KINDS : NOTIFY_KINDS.filter(([name]) => names === name);
    if (channels === undefined || found.length === 0) {
      throw new CairnError(`--send is "${text.slice(0, 40)}"`, {
        code: "bad-value",
        kind: "input",
        next: "Give it as WHAT=WHERE, such as `expiry=console,mail` or `all=webhook`; `cairn notify` shows what there is.",
      });
    }
    const wanted = channels.split(",").filter((one) => one !== "") as (typeof kinds)[Kind]["channels"];
    for (const [, kind] of found) kinds[kind] = { ...kinds[kind], channels: wanted };
  }
  return {
    kinds,
    expiryDays: options.days ?? before.expiryDays,
    lowBalance: options.threshold === undefined ? before.lowBalance : options.threshold.toString(),
  };
}

export async function testNotice(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const notice = await client.notices.test();
  output.result(notice);
  output.say("Sent a notice every way that there is: see `cairn notices`, and `cairn notify webhook log ID`.");
}

interface MailOptions extends CommonOptions {
  confirm?: string;
  remove?: boolean;
}

/** Name, confirm or remove the address that letters go to. */
export async function mail(address: string | undefined, options: MailOptions): Promise<void> {
  const given = [address, options.confirm, options.remove].filter((one) => one !== undefined).length;
  if (given > 1) {
    throw new CairnError("an address, --confirm and --remove are three commands", {
      code: "bad-options",
      kind: "input",
      next: "Give one of them, or none to see what there is.",
    });
  }
  const { client, output } = await openSession(options);
  if (options.remove === true) await client.notices.removeMail();
  const now =
    address !== undefined
      ? await client.notices.setMail(address)
      : options.confirm !== undefined
        ? await client.notices.confirmMail(options.confirm)
        : await client.notices.mail();
  output.result(now);
  output.say(mailWords(now));
}
