import { describe, expect, it } from "vitest";
import { checkEnvironment } from "./environment.ts";
import { privateWebhooks, smtpSettings } from "./notice-settings.ts";

const SMTP = "smtps://cairn:word@mail.example:465";

describe("the settings of notices", () => {
  it("are none, or a server and the address that letters come from", () => {
    expect(smtpSettings({})).toBeUndefined();
    expect(smtpSettings({ CAIRN_SMTP_URL: ` ${SMTP} `, CAIRN_MAIL_FROM: "cairn@example.org" })).toEqual({
      url: SMTP,
      from: "cairn@example.org",
    });
    expect([privateWebhooks({}), privateWebhooks({ CAIRN_PRIVATE_WEBHOOKS: "1" })]).toEqual([false, true]);
  });

  it.each([
    { CAIRN_SMTP_URL: SMTP },
    { CAIRN_MAIL_FROM: "cairn@example.org" },
    { CAIRN_SMTP_URL: "https://cairn:word@mail.example", CAIRN_MAIL_FROM: "cairn@example.org" },
    { CAIRN_SMTP_URL: SMTP, CAIRN_MAIL_FROM: "Cairn <cairn@example.org>" },
    { CAIRN_PRIVATE_WEBHOOKS: "yes" },
  ])("are refused before anything is started where they cannot be meant, without the password: %j", (environment) => {
    let refused: { code?: string; message?: string; next?: string } = {};
    try {
      checkEnvironment(environment as NodeJS.ProcessEnv);
    } catch (error) {
      refused = error as typeof refused;
    }
    expect(refused.code).toBe("bad-settings");
    expect(`${refused.message} ${refused.next}`).not.toContain("word@");
  });
});
