import { type Queryable, toJson } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import {
  ALLOWED_FREQUENCIES,
  CHANNELS,
  DEFAULT_NOTICE_SETTINGS,
  MOST_EXPIRY_DAYS,
  NOTICE_KINDS,
  type NoticeSettings,
} from "./kinds.ts";

/** As rows keep them: amounts are decimal text. */
type Stored = Partial<Omit<NoticeSettings, "lowBalance">> & { lowBalance?: string };

/** Those of an account, each that it has not set as the defaults have it. */
export async function noticeSettingsOf(db: Queryable, account: string): Promise<NoticeSettings> {
  return (await settingsOfAll(db, [{ account }])).get(account)!;
}

/** Those of each account that rows are of. */
export async function settingsOfAll(
  db: Queryable,
  of: readonly { account: string }[],
): Promise<Map<string, NoticeSettings>> {
  const accounts = [...new Set(of.map(({ account }) => account))];
  const { rows } = await db.query("select account, settings from accounts.notice_settings where account = any($1)", [
    accounts,
  ]);
  const stored = new Map((rows as { account: string; settings: Stored }[]).map((row) => [row.account, row.settings]));
  return new Map(accounts.map((account) => [account, withDefaults(stored.get(account) ?? {})]));
}

function withDefaults({ kinds, expiryDays, lowBalance }: Stored): NoticeSettings {
  const defaults = DEFAULT_NOTICE_SETTINGS;
  return {
    kinds: { ...defaults.kinds, ...kinds },
    expiryDays: expiryDays ?? defaults.expiryDays,
    lowBalance: lowBalance === undefined ? defaults.lowBalance : BigInt(lowBalance),
  };
}

/** Replace an account's settings. @throws CairnError `bad-input` */
export async function setNoticeSettings(db: Queryable, account: string, settings: NoticeSettings): Promise<void> {
  for (const kind of NOTICE_KINDS) {
    const { frequency, channels } = settings.kinds[kind];
    const allowed = ALLOWED_FREQUENCIES[kind];
    if (!allowed.includes(frequency)) throw badField(`kinds.${kind}.frequency`, frequency, allowed.join(", "));
    const odd = channels.find((one) => !CHANNELS.includes(one));
    if (odd !== undefined) throw badField(`kinds.${kind}.channels`, odd, CHANNELS.join(", "));
  }
  const { expiryDays } = settings;
  if (!Number.isInteger(expiryDays) || expiryDays < 1 || expiryDays > MOST_EXPIRY_DAYS)
    throw badField("expiryDays", String(expiryDays), `1 to ${MOST_EXPIRY_DAYS}`);
  const kinds = Object.fromEntries(
    NOTICE_KINDS.map((kind) => {
      const { frequency, channels } = settings.kinds[kind];
      return [kind, { frequency, channels: CHANNELS.filter((one) => channels.includes(one)) }];
    }),
  );
  await db.query(
    `insert into accounts.notice_settings (account, settings) values ($1, $2)
     on conflict (account) do update set settings = excluded.settings`,
    [account, toJson({ kinds, expiryDays, lowBalance: settings.lowBalance.toString() })],
  );
}

const badField = (field: string, value: string, allowed: string): CairnError =>
  new CairnError(`${field} cannot be "${value.slice(0, 40)}"`, {
    code: "bad-input",
    kind: "input",
    details: { field, allowed },
    next: `Give one of these: ${allowed}.`,
  });
