import { CairnError } from "@cairn/protocol/errors";

const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;
const badSetting = (message: string, next: string): CairnError =>
  new CairnError(message, { code: "bad-settings", kind: "input", next });

/**
 * CAIRN_SMTP_URL and CAIRN_MAIL_FROM: how the gateway sends mail; undefined where it sends none. What is wrong with the URL is said without it, as it holds a
 * password. @throws CairnError `bad-settings`
 */
export function smtpSettings(environment: NodeJS.ProcessEnv = process.env): { url: string; from: string } | undefined {
  const [url, from] = [environment.CAIRN_SMTP_URL?.trim() ?? "", environment.CAIRN_MAIL_FROM?.trim() ?? ""];
  if (url === "" && from === "") return undefined;
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol) || new URL(url).hostname === "") {
    throw badSetting(
      "CAIRN_SMTP_URL is no address of an SMTP server",
      "Set it to a URL such as smtps://USER:PASSWORD@mail.example:465, or unset it and CAIRN_MAIL_FROM.",
    );
  }
  if (ADDRESS.test(from)) return { url, from };
  throw badSetting(
    `CAIRN_MAIL_FROM is "${from}", which is no address of mail`,
    "Set it to the address that letters come from, such as cairn@example.org.",
  );
}

/** CAIRN_PRIVATE_WEBHOOKS: whether webhooks may lead into the gateway's own network. @throws CairnError `bad-settings` */
export function privateWebhooks(environment: NodeJS.ProcessEnv = process.env): boolean {
  const text = environment.CAIRN_PRIVATE_WEBHOOKS ?? "";
  if (["", "0", "1"].includes(text)) return text === "1";
  throw badSetting(
    `CAIRN_PRIVATE_WEBHOOKS is "${text}"`,
    "Set it to 1 to let accounts have notices sent into the gateway's own network, or unset it.",
  );
}
