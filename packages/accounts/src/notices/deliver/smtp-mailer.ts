import { plainText } from "@cairn/protocol";
import { createTransport } from "nodemailer";
import type { Mailer } from "./mailer.ts";

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user name and password where the server wants them. */
  url: string;
  /** Address that letters come from. */
  from: string;
  /** For the whole of a try; TRY_SECONDS where left out. */
  seconds?: number;
}

/** For the whole of a try, also where the server answers a byte at a time: well within TURN_SECONDS. A choice. */
const TRY_SECONDS = 30;
/** RFC 5321 4.2.1: 5yz is a permanent negative reply. */
const PERMANENT = 500;

/** Letters by an SMTP server, each over a connection of its own: they are few. */
export function smtpMailer({ url, from, seconds = TRY_SECONDS }: SmtpSettings): Mailer {
  const idle = seconds * 1000;
  const transport = createTransport({
    url,
    connectionTimeout: idle,
    greetingTimeout: idle,
    socketTimeout: idle,
    dnsTimeout: idle,
    // A letter is text that was made here: nothing is fetched or read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.split("@")[1] ?? "localhost";
  return {
    async send({ id, to, subject, text }, signal) {
      // The time-outs above are for a server that says nothing; one that goes on saying something ends here.
      const ended = AbortSignal.timeout(seconds * 1000);
      try {
        await transport.sendMail({
          from: { name: "Cairn", address: from },
          to: { name: "", address: to },
          subject: plainText(subject, 200).replace(/\s+/g, " "),
          text: plainText(text),
          messageId: `<${id}@${domain}>`,
          // RFC 3834: no out-of-office letter comes back.
          headers: { "Auto-Submitted": "auto-generated" },
          // Closes the letter's connection.
          signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
        });
        return { ok: true };
      } catch (error) {
        signal?.throwIfAborted();
        const { message, responseCode } = error as Error & { responseCode?: number };
        const status = responseCode ?? null;
        const why = ended.aborted ? `the letter was not taken within ${seconds} s` : message;
        return { ok: false, error: plainText(why, 300), final: (status ?? 0) >= PERMANENT, status };
      }
    },
    close: () => transport.close(),
  };
}
