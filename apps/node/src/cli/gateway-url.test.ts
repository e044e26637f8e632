import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { expect, it } from "vitest";
import { gatewayUrl } from "./gateway-url.ts";

it.each([
  ["https://gateway.example", "https://gateway.example"],
  ["https://gateway.example:8443/", "https://gateway.example:8443"],
  ["http://127.0.0.1:4400", "http://127.0.0.1:4400"],
  ["http://127.3.2.1:4400", "http://127.3.2.1:4400"],
  ["http://localhost:4400", "http://localhost:4400"],
  ["http://[::1]:4400", "http://[::1]:4400"],
  // As a URL writes it.
  ["http://2130706433:4400", "http://127.0.0.1:4400"],
])("takes %s", (text, url) => {
  expect(gatewayUrl(text, false)).toBe(url);
});

it.each(["http://gateway.example", "http://10.0.0.7:4400", "http://[2001:db8::1]", "http://127.0.0.1.example"])(
  "sends nothing to %s, where others on the way read it, unless that is wanted, and says what is at risk",
  (text) => {
    const refused = expect.objectContaining({
      code: "insecure-url",
      message: expect.stringContaining("reads your password and your token"),
      next: expect.stringContaining("--insecure"),
    });
    expect(() => gatewayUrl(text, false)).toThrow(refused);
    expect(gatewayUrl(text, true)).toBe(new URL(text).origin);
  },
);

it.each([
  "gateway.example",
  "ftp://gateway.example",
  "https://anna:secret@gateway.example",
  "https://gateway.example/path",
  "https://gateway.example?token=1",
  "file:///etc/passwd",
  "",
])("refuses %s", (text) => {
  expect(() => gatewayUrl(text, true)).toThrow(expect.objectContaining({ code: "bad-value" }));
});

it("takes no text but an origin, and refuses all others in words", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
      try {
        const url = gatewayUrl(text, false);
        expect(new URL(url).origin).toBe(url);
      } catch (error) {
        expect(error).toBeInstanceOf(CairnError);
      }
    }),
  );
});
