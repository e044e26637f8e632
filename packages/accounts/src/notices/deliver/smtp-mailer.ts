import { plainText } from "@cairn/protocol";
import { createTransport } from "nodemailer";
import type { Mailer } from "./mailer.ts";

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user name and password where the server wants them. */
  url: string;
  /** Address that letters come from. */
  from: string;
}

/** Milliseconds for the whole of a letter's way. */
const TIMEOUT = 30_000;
/** RFC 5321 4.2.1: 5yz is a permanent negative reply. */
const PERMANENT = 500;

/** Letters by an SMTP server, each over a connection of its own: they are few. */
export function smtpMailer({ url, from }: SmtpSettings): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: TIMEOUT,
    greetingTimeout: TIMEOUT,
    socketTimeout: TIMEOUT,
    dnsTimeout: TIMEOUT,
    // A letter is text that was made here: nothing is fetched or read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.split("@")[1] ?? "localhost";
  return {
    async send({ id, to, subject, text }) {
      try {
        await transport.sendMail({
          from: { name: "Cairn", address: from },
          to: { name: "", address: to },
          subject: plainText(subject, 200).replace(/\s+/g, " "),
          text: plainText(text),
          messageId: `<${id}@${domain}>`,
          // RFC 3834: no out-of-office letter comes back.
          headers: { "Auto-Submitted": "auto-generated" },
        });
        return { ok: true };
      } catch (error) {
        const { message, responseCode } = error as Error & { responseCode?: number };
        const status = responseCode ?? null;
        return { ok: false, error: plainText(message, 300), final: (status ?? 0) >= PERMANENT, status };
      }
    },
    close: () => transport.close(),
  };
}
