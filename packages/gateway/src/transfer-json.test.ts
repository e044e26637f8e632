import fc from "fast-check";
import { expect, it } from "vitest";
import { linkTo } from "./transfer-json.ts";

const TX = `0x${"ab".repeat(32)}` as const;

it("makes a link of a template of http and https alone", () => {
  expect(linkTo("https://filfox.info/en/message/{tx}", TX)).toBe(`https://filfox.info/en/message/${TX}`);
  expect(linkTo("http://[::1]:8080/?t={tx}&again={tx}", TX)).toBe(`http://[::1]:8080/?t=${TX}&again=${TX}`);
  for (const template of [
    "javascript:alert('{tx}')",
    "data:text/html,{tx}",
    "//host/{tx}",
    "{tx}",
    "",
    7,
    null,
    undefined,
  ])
    expect([template, linkTo(template, TX)]).toEqual([template, null]);
  expect(linkTo("https://a/{tx}", null)).toBeNull();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `${text}:{tx}`),
      ),
      (template) => {
        const link = linkTo(template, TX);
        if (link !== null) expect(["http:", "https:"]).toContain(new URL(link).protocol);
      },
    ),
  );
});
